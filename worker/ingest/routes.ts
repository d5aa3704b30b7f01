import { authenticate, authorize } from '../platform/auth.ts'
import { type App, operation, reply } from '../platform/http.ts'
import { Refusal } from '../platform/problem.ts'
import { eventsAnswerSchema, eventsSchema, shownEventsSchema } from './contract.ts'
import { submitEvents } from './submit.ts'

/** `POST /v1/events`: events in, decisions out. */
export function ingestRoutes(app: App): void {
  operation(
    app,
    {
      method: 'post',
      path: '/v1/events',
      summary: 'Send up to 1,000 events; the answer holds what each earned',
      access: { scope: 'events:write', mayBeStale: true },
      body: eventsSchema,
      shownBody: shownEventsSchema,
      answers: { 200: eventsAnswerSchema },
      refusals: ['unavailable'],
    },
    async ({ env, body, principal, context }) => {
      const again = async () => {
        const found = await authenticate(env, context.req.header('authorization'), false)
        return found instanceof Refusal ? found : (authorize(found, 'events:write') ?? found)
      }
      const answer = await submitEvents(env, body.events, principal, again)
      return answer instanceof Refusal ? answer : reply(200, answer)
    },
  )
}
