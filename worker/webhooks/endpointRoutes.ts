import type { Env } from '../env.ts'
import { addressFault } from '../platform/address.ts'
import { formatInstant } from '../platform/calendar.ts'
import { now } from '../platform/clock.ts'
import { type App, operation, parse, reply } from '../platform/http.ts'
import { newId } from '../platform/ids.ts'
import { sendOnce } from '../platform/outbound.ts'
import { decodeCursor, pageOf, pageQuery, toPage } from '../platform/paging.ts'
import { invalid, Refusal, refuse } from '../platform/problem.ts'
import { SealBroken } from '../platform/sealed.ts'
import {
  type EndpointInput,
  endpointInputSchema,
  endpointParams,
  endpointPatchSchema,
  endpointSchema,
  newEndpointSchema,
  rotationSchema,
  testCallSchema,
} from './contract.ts'
import { mergeEndpoint, rotateSecret } from './edits.ts'
import {
  type Credentials,
  changeEndpoint,
  createEndpoint,
  disableEndpoint,
  type EndpointRow,
  enableEndpoint,
  findEndpoint,
  findEndpointRow,
  inputOf,
  listEndpoints,
  readCredentials,
  requestHeaders,
} from './endpointStore.ts'
import { presentEndpoint } from './present.ts'
import { newSigningSecret } from './sign.ts'

/** How often a change is tried that others keep overtaking. */
const TRIES = 10

const unknownEndpoint = (id: string) => refuse('not_found', `There is no endpoint ${id}.`)
const unreadable = () =>
  refuse(
    'not_editable',
    'Its secrets cannot be read any more, as SEALING_SECRET was changed; rotate its secret first.',
  )

/** `/v1/endpoints`: where webhooks go, and how they prove where they come from. */
export function endpointRoutes(app: App): void {
  reading(app)
  writing(app)
  secrets(app)
  testCall(app)
  switching(app)
}

function reading(app: App): void {
  operation(
    app,
    {
      method: 'get',
      path: '/v1/endpoints',
      summary: 'List endpoints, newest first',
      access: { scope: 'webhooks:read' },
      query: pageQuery,
      answers: { 200: pageOf(endpointSchema) },
    },
    async ({ env, query: { limit, cursor } }) => {
      const rows = await listEndpoints(env, limit, cursor === undefined ? undefined : decodeCursor(cursor))
      const nowMs = now()
      const page = toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => presentEndpoint(env, row, nowMs),
      )
      return reply(200, { ...page, data: await Promise.all(page.data) })
    },
  )

  operation(
    app,
    {
      method: 'get',
      path: '/v1/endpoints/{endpointId}',
      summary: 'One endpoint, without its secrets',
      access: { scope: 'webhooks:read' },
      params: endpointParams,
      answers: { 200: endpointSchema },
      refusals: ['not_found'],
    },
    async ({ env, params: { endpointId } }) => {
      const row = await findEndpointRow(env, endpointId)
      return row === undefined
        ? unknownEndpoint(endpointId)
        : reply(200, await presentEndpoint(env, row, now()))
    },
  )
}

function writing(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/endpoints',
      summary: 'Add an endpoint; its signing secret is shown this once',
      access: { scope: 'webhooks:write' },
      body: endpointInputSchema,
      answers: { 201: newEndpointSchema },
    },
    async ({ env, body, principal }) => {
      const fault = urlFault(env, body)
      if (fault !== undefined) return fault
      const nowMs = now()
      const secret = newSigningSecret()
      const made = { id: newId('ept', nowMs), createdBy: principal.keyId, nowMs }
      const row = await createEndpoint(env, made, body, secret)
      return reply(201, { ...(await presentEndpoint(env, row, nowMs)), secret })
    },
  )

  operation(
    app,
    {
      method: 'patch',
      path: '/v1/endpoints/{endpointId}',
      summary: 'Change an endpoint: what is named replaces, null removes, headers are merged one by one',
      access: { scope: 'webhooks:write' },
      params: endpointParams,
      body: endpointPatchSchema,
      answers: { 200: endpointSchema },
      refusals: ['not_found', 'not_editable'],
    },
    async ({ env, params, body }) => {
      const row = await change(env, params.endpointId, (input, { secrets }) => {
        const merged = parse(endpointInputSchema, mergeEndpoint(input, body))
        if (merged instanceof Refusal) return merged
        return urlFault(env, merged) ?? { input: merged, secrets }
      })
      return row instanceof Refusal ? row : reply(200, await presentEndpoint(env, row, now()))
    },
  )
}

function secrets(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/endpoints/{endpointId}/rotate-secret',
      summary:
        'Make a new signing secret, shown this once; the one before goes on signing beside it for a day',
      access: { scope: 'webhooks:write' },
      params: endpointParams,
      answers: { 200: rotationSchema },
      refusals: ['not_found', 'not_editable'],
    },
    async ({ env, params }) => {
      const secret = newSigningSecret()
      let previousUntilMs: number | null = null
      const row = await change(
        env,
        params.endpointId,
        (input, credentials, nowMs) => {
          const rotated = rotateSecret(credentials, secret, nowMs)
          previousUntilMs = rotated[1]?.untilMs ?? null
          return { input, secrets: rotated }
        },
        // This is how an endpoint gets well again whose credentials nobody can read any more.
        { secrets: [], headers: {}, basicAuth: null },
      )
      if (row instanceof Refusal) return row
      const previousValidUntil = previousUntilMs === null ? null : formatInstant(previousUntilMs)
      return reply(200, { secret, previousValidUntil })
    },
  )
}

function testCall(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/endpoints/{endpointId}/test',
      summary:
        'Send a signed sample right now, once, and say what came back; a disabled endpoint may be tried too',
      access: { scope: 'webhooks:write' },
      params: endpointParams,
      answers: { 200: testCallSchema },
      refusals: ['not_found', 'not_editable'],
    },
    async ({ env, params: { endpointId }, requestId }) => {
      const nowMs = now()
      const endpoint = await findEndpoint(env, endpointId).catch(orUnreadable)
      if (endpoint === undefined) return unknownEndpoint(endpointId)
      if (endpoint instanceof Refusal) return endpoint
      const body = JSON.stringify({
        type: 'test',
        message: 'A test call from Boon; there is nothing to do.',
        endpointId,
        at: formatInstant(nowMs),
      })
      // Named after the request, which the log of this service names too.
      const headers = requestHeaders(endpoint, nowMs, requestId, body)
      const { status, ms, excerpt, error } = await sendOnce(env, { url: endpoint.url, headers, body })
      return reply(200, { status, ms, excerpt, ...(error === null ? {} : { error }) })
    },
  )
}

function switching(app: App): void {
  const verbs = {
    enable: enableEndpoint,
    disable: (env: Env, id: string, nowMs: number) =>
      disableEndpoint(env, id, 'It was disabled by hand.', nowMs),
  }
  for (const verb of ['enable', 'disable'] as const) {
    operation(
      app,
      {
        method: 'post',
        path: `/v1/endpoints/{endpointId}/${verb}`,
        summary:
          verb === 'enable'
            ? 'Send to an endpoint again, with its failures forgiven'
            : 'Send nothing to an endpoint any more; what is on its way there fails',
        access: { scope: 'webhooks:write' },
        params: endpointParams,
        answers: { 200: endpointSchema },
        refusals: ['not_found', 'wrong_status'],
      },
      async ({ env, params: { endpointId } }) => {
        const nowMs = now()
        const row = await verbs[verb](env, endpointId, nowMs)
        if (row !== undefined) return reply(200, await presentEndpoint(env, row, nowMs))
        if ((await findEndpointRow(env, endpointId)) === undefined) return unknownEndpoint(endpointId)
        return refuse('wrong_status', `The endpoint is ${verb}d already.`)
      },
    )
  }
}

function urlFault(env: Env, { url }: EndpointInput): Refusal | undefined {
  const message = addressFault(url, env.BOON_MODE === 'local')
  return message === undefined ? undefined : invalid([{ path: 'url', message }])
}

/**
 * Changes an endpoint by what it is now. When somebody else has changed it in between, it is read and changed again, so
 * that neither loses what the other did.
 *
 * @param ifUnreadable what its credentials count as when nobody can read them any more; without it, that is refused
 */
async function change(
  env: Env,
  id: string,
  edit: (
    input: EndpointInput,
    credentials: Credentials,
    nowMs: number,
  ) => { input: EndpointInput; secrets: Credentials['secrets'] } | Refusal,
  ifUnreadable?: Credentials,
): Promise<EndpointRow | Refusal> {
  for (let tries = 0; tries < TRIES; tries++) {
    const nowMs = now()
    const row = await findEndpointRow(env, id)
    if (row === undefined) return unknownEndpoint(id)
    const read = await readCredentials(env, row).catch(orUnreadable)
    const credentials = read instanceof Refusal ? (ifUnreadable ?? read) : read
    if (credentials instanceof Refusal) return credentials
    const edited = edit(inputOf(row, credentials), credentials, nowMs)
    if (edited instanceof Refusal) return edited
    const changed = await changeEndpoint(env, row, edited.input, edited.secrets, nowMs)
    if (changed !== undefined) return changed
  }
  return refuse('not_editable', 'Others keep changing the endpoint at the same moment; try again.')
}

function orUnreadable(error: unknown): Refusal {
  if (error instanceof SealBroken) return unreadable()
  throw error
}
