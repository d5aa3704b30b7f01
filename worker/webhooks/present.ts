import type { Env } from '../env.ts'
import { formatInstant } from '../platform/calendar.ts'
import { SealBroken } from '../platform/sealed.ts'
import { type EndpointAnswer, MASK } from './contract.ts'
import { type Credentials, type EndpointRow, readCredentials } from './endpointStore.ts'

const atOrNull = (ms: number | null) => (ms === null ? null : formatInstant(ms))

/** An endpoint as the contract shows it. One whose credentials cannot be read any more is shown without them. */
export async function presentEndpoint(env: Env, row: EndpointRow, nowMs: number): Promise<EndpointAnswer> {
  const credentials = await readCredentials(env, row).catch((error: unknown): Credentials => {
    if (error instanceof SealBroken) return { secrets: [], headers: {}, basicAuth: null }
    throw error
  })
  const { secrets, headers, basicAuth } = credentials
  const { id, name, url, retrySchedule, status, disabledReason, createdBy } = row
  return {
    id,
    name,
    url,
    headers: Object.fromEntries(Object.keys(headers).map((header) => [header, MASK])),
    basicAuth: basicAuth === null ? null : { username: basicAuth.username, password: MASK },
    retrySchedule,
    status,
    disabledReason,
    failingSince: atOrNull(row.failingSinceMs),
    signingSecrets: secrets
      .filter(({ untilMs }) => untilMs === null || untilMs > nowMs)
      .map(({ untilMs }) => ({ until: atOrNull(untilMs) })),
    createdBy,
    createdAt: formatInstant(row.createdMs),
    updatedAt: formatInstant(row.updatedMs),
  }
}
