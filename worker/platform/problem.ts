/** Every code that an answer can carry, with its HTTP status and what it means in general. One table, no others. */
const problems = {
  malformed_json: [400, 'The body is not valid JSON'],
  unauthenticated: [401, 'A valid key is needed'],
  forbidden: [403, 'This key may not do that'],
  not_found: [404, 'There is no such thing'],
  wrong_status: [409, 'Its status does not allow that'],
  not_editable: [409, 'That can no longer be changed'],
  not_publishable: [409, 'It cannot be published yet'],
  code_exists: [409, 'The code is already in use'],
  limit_reached: [409, 'A limit leaves no room for it'],
  reward_exists: [409, 'The reward is in the catalogue already'],
  tag_exists: [409, 'The tag is already in use'],
  out_of_stock: [409, 'There are no codes left'],
  list_expired: [409, 'The list has expired'],
  list_not_active: [409, 'The list is not active'],
  in_use: [409, 'It is still in use'],
  idempotency_conflict: [409, 'The idempotency key was used for something else'],
  insufficient_balance: [409, 'The balance is too low'],
  refund_exceeds_debit: [409, 'The debit has less left to give back'],
  too_large: [413, 'The body is too large'],
  invalid: [422, 'The request is not valid'],
  segment_cycle: [422, 'A segment may not refer to itself'],
  code_space_exhausted: [422, 'The pattern has too few codes left'],
  too_many_requests: [429, 'Too many requests'],
  internal: [500, 'Something went wrong on our side'],
  unavailable: [503, 'The service cannot answer right now'],
} as const satisfies Record<string, readonly [number, string]>

/** A stable, documented code of a refusal. */
export type ProblemCode = keyof typeof problems

/** One fault in a request: where (a dotted path) and what, in words a person can act on. */
export interface Issue {
  path: string
  message: string
}

/** What a refusal may carry beside its code and detail. */
export interface RefusalExtras {
  issues?: Issue[]
  /** Further members of the problem document, such as `balance`. */
  members?: Record<string, unknown>
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  retryAfterS?: number
}

/** An expected "no": a value that handlers return, not an exception. */
export class Refusal {
  readonly code: ProblemCode
  readonly detail: string
  readonly extras: RefusalExtras

  constructor(code: ProblemCode, detail: string, extras: RefusalExtras = {}) {
    this.code = code
    this.detail = detail
    this.extras = extras
  }
}

/** Makes a {@link Refusal}. `detail` is a sentence for the person who sent the request. */
export function refuse(code: ProblemCode, detail: string, extras: RefusalExtras = {}): Refusal {
  return new Refusal(code, detail, extras)
}

/** A refusal for a request whose shape or values are wrong, naming each path. */
export function invalid(issues: Issue[]): Refusal {
  const first = issues[0]
  const detail =
    first === undefined ? 'The request is not valid.' : `${first.path || 'body'}: ${first.message}`
  return refuse('invalid', detail, { issues })
}

/** The `application/problem+json` answer (RFC 9457) to a refusal. */
export function problemResponse(refusal: Refusal, requestId: string): Response {
  const [status, title] = problems[refusal.code]
  const headers = new Headers({ 'content-type': 'application/problem+json', 'x-request-id': requestId })
  if (refusal.extras.retryAfterS !== undefined) headers.set('retry-after', String(refusal.extras.retryAfterS))
  const body = {
    type: `urn:boon:problem:${refusal.code}`,
    title,
    status,
    code: refusal.code,
    detail: refusal.detail,
    requestId,
    ...(refusal.extras.issues === undefined ? {} : { issues: refusal.extras.issues }),
    ...refusal.extras.members,
  }
  return new Response(JSON.stringify(body), { status, headers })
}

/** The statuses and titles, for the OpenAPI document. */
export const problemTable: Readonly<Record<ProblemCode, readonly [number, string]>> = problems
