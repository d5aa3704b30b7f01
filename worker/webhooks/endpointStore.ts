import { and, desc, eq, lt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { Env } from '../env.ts'
import { machineTime } from '../platform/clock.ts'
import { seal, unseal } from '../platform/sealed.ts'
import type { EndpointInput } from './contract.ts'
import { signedHeaders } from './sign.ts'
import { endpoints } from './tables.ts'

/** An endpoint's row in the catalogue. */
export type EndpointRow = typeof endpoints.$inferSelect

/** By what an endpoint knows us. At rest they are sealed. */
export interface Credentials {
  /** Newest first. `untilMs` is when one that was replaced stops signing; null for the newest. */
  secrets: { secret: string; untilMs: number | null }[]
  headers: Record<string, string>
  basicAuth: { username: string; password: string } | null
}

/** Where webhooks go, as whoever sends them needs it. */
export interface Endpoint {
  id: string
  name: string
  url: string
  credentials: Credentials
  /** Durations of ISO 8601 between attempts; null for the default. */
  retrySchedule: string[] | null
  status: 'enabled' | 'disabled'
  disabledReason: string | null
  /** Since when nothing but failure; null after a success. */
  failingSinceMs: number | null
}

/**
 * Finds an endpoint with its credentials.
 * @throws SealBroken when these cannot be read any more; what is to be sent waits until they are set anew
 */
export async function findEndpoint(env: Env, id: string): Promise<Endpoint | undefined> {
  const row = await findEndpointRow(env, id)
  return row === undefined ? undefined : { ...row, credentials: await readCredentials(env, row) }
}

/** Finds an endpoint as it is stored. */
export async function findEndpointRow(env: Env, id: string): Promise<EndpointRow | undefined> {
  const [row] = await drizzle(env.DB).select().from(endpoints).where(eq(endpoints.id, id))
  return row
}

/** Whether an endpoint is sent anything; undefined when there is none. */
export async function endpointStatus(env: Env, id: string): Promise<Endpoint['status'] | undefined> {
  const [row] = await drizzle(env.DB)
    .select({ status: endpoints.status })
    .from(endpoints)
    .where(eq(endpoints.id, id))
  return row?.status
}

/** Reads a page of endpoints, newest first; one row more than `limit`. */
export async function listEndpoints(
  env: Env,
  limit: number,
  afterId: string | undefined,
): Promise<EndpointRow[]> {
  return drizzle(env.DB)
    .select()
    .from(endpoints)
    .where(afterId === undefined ? undefined : lt(endpoints.id, afterId))
    .orderBy(desc(endpoints.id))
    .limit(limit + 1)
}

/** What the credentials of an endpoint are. Throws as {@link findEndpoint} does. */
export async function readCredentials(env: Env, row: EndpointRow): Promise<Credentials> {
  return JSON.parse(await unseal(env, row.credentials)) as Credentials
}

/** What a person says of an endpoint, and its secrets, as columns. Sealing makes a text that never was before. */
async function columnsOf(env: Env, input: EndpointInput, secrets: Credentials['secrets']) {
  const credentials: Credentials = {
    secrets,
    headers: input.headers ?? {},
    basicAuth: input.basicAuth ?? null,
  }
  return {
    name: input.name,
    url: input.url,
    credentials: await seal(env, JSON.stringify(credentials)),
    retrySchedule: input.retrySchedule ?? null,
  }
}

/** Writes down a new endpoint, enabled. */
export async function createEndpoint(
  env: Env,
  { id, createdBy, nowMs }: { id: string; createdBy: string; nowMs: number },
  input: EndpointInput,
  secret: string,
): Promise<EndpointRow> {
  const row: EndpointRow = {
    id,
    ...(await columnsOf(env, input, [{ secret, untilMs: null }])),
    status: 'enabled',
    disabledReason: null,
    failingSinceMs: null,
    createdBy,
    createdMs: nowMs,
    updatedMs: nowMs,
  }
  await drizzle(env.DB).insert(endpoints).values(row)
  return row
}

/**
 * Changes an endpoint as it was read; undefined when somebody else has changed it since. That shows by its credentials,
 * which are sealed anew with every change. One that leads elsewhere has not failed yet.
 */
export async function changeEndpoint(
  env: Env,
  row: EndpointRow,
  input: EndpointInput,
  secrets: Credentials['secrets'],
  nowMs: number,
): Promise<EndpointRow | undefined> {
  const columns = await columnsOf(env, input, secrets)
  const [changed] = await drizzle(env.DB)
    .update(endpoints)
    .set({ ...columns, updatedMs: nowMs, ...(input.url === row.url ? {} : { failingSinceMs: null }) })
    .where(and(eq(endpoints.id, row.id), eq(endpoints.credentials, row.credentials)))
    .returning()
  return changed
}

/** Writes down since when an endpoint has done nothing but fail; null after a success. */
export async function setFailing(env: Env, id: string, failingSinceMs: number | null): Promise<void> {
  await drizzle(env.DB).update(endpoints).set({ failingSinceMs }).where(eq(endpoints.id, id))
}

/** Stops all sending to an endpoint, for a reason in words; undefined when it was disabled already. */
export async function disableEndpoint(
  env: Env,
  id: string,
  reason: string,
  nowMs: number,
): Promise<EndpointRow | undefined> {
  const [row] = await drizzle(env.DB)
    .update(endpoints)
    .set({ status: 'disabled', disabledReason: reason, updatedMs: nowMs })
    .where(and(eq(endpoints.id, id), eq(endpoints.status, 'enabled')))
    .returning()
  return row
}

/** Lets an endpoint be sent to again, with its failures forgiven; undefined when it was enabled already. */
export async function enableEndpoint(env: Env, id: string, nowMs: number): Promise<EndpointRow | undefined> {
  const [row] = await drizzle(env.DB)
    .update(endpoints)
    .set({ status: 'enabled', disabledReason: null, failingSinceMs: null, updatedMs: nowMs })
    .where(and(eq(endpoints.id, id), eq(endpoints.status, 'disabled')))
    .returning()
  return row
}

/** What a person has said of an endpoint, as it could be said again. */
export function inputOf({ name, url, retrySchedule }: EndpointRow, credentials: Credentials): EndpointInput {
  const { headers, basicAuth } = credentials
  return {
    name,
    url,
    headers,
    ...(basicAuth === null ? {} : { basicAuth }),
    ...(retrySchedule === null ? {} : { retrySchedule }),
  }
}

/**
 * All headers of an attempt. What identifies and signs the message comes last, so that nothing takes its place.
 * The time of the signature is that of the machine, because a receiver compares it with its own.
 *
 * @param body the very text that is sent
 */
export function requestHeaders(
  { credentials: { secrets, headers, basicAuth } }: Pick<Endpoint, 'credentials'>,
  nowMs: number,
  messageId: string,
  body: string,
): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const valid = secrets.filter(({ untilMs }) => untilMs === null || untilMs > nowMs)
  return {
    'user-agent': 'Boon/1',
    ...Object.fromEntries(own),
    ...(basicAuth === null
      ? {}
      : { authorization: `Basic ${base64(`${basicAuth.username}:${basicAuth.password}`)}` }),
    'content-type': 'application/json',
    ...signedHeaders(
      valid.map(({ secret }) => secret),
      messageId,
      machineTime(nowMs),
      body,
    ),
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
