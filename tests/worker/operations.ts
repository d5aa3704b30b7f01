/** What the tests must know of an operation to call it rightly, and then wrongly in every way. */
export interface Known {
  scope: string
  /** Others that will do as well. */
  or?: string[]
  /** A body that is taken. Each of its members is also tried with a value of no sensible type. */
  body?: Record<string, unknown>
  /** Members that take any value at all. */
  free?: string[]
  /** For the tray: a publishable key may. */
  tray?: true
  /** Takes a file instead of JSON. */
  upload?: true
  headers?: Record<string, string>
}

const campaign = {
  name: 'N',
  qualification: 'live',
  trigger: { event: 'Never' },
  reward: { type: 'points', walletId: 'wal_1', scheme: { kind: 'flat', value: 1 } },
  schedule: { start: 'now', end: 'never' },
}
const coupon = {
  name: 'N',
  audience: 'campaign',
  kind: 'bulk',
  effect: { on: 'order', benefit: { kind: 'percentage', percent: 10 }, as: 'discount' },
  validity: { start: 'now', end: 'never' },
}
const rule = { user: { property: 'city', op: 'eq', value: 'Pune' } }
const movement = { points: 1, description: 'd' }
const endpoint = {
  name: 'E',
  url: 'https://example.com/hooks',
  headers: { 'X-Key': 'k' },
  basicAuth: { username: 'u', password: 'p' },
  retrySchedule: ['PT5S'],
}
const item = { clientRewardId: 'r', name: 'R', description: 'd', expiresAt: '2099-01-01T00:00:00Z' }
const voucherList = { name: 'L', description: 'd', expiresAt: '2099-01-01T00:00:00Z', lowStock: 1 }
const keyed = { 'idempotency-key': 'k' }
const verbs = (room: string, scope: string, names: string[]): Record<string, Known> =>
  Object.fromEntries(names.map((name) => [`POST ${room}/${name}`, { scope }]))

/** Every operation of the OpenAPI document that needs a key. One that is missing here fails the test. */
export const operations: Record<string, Known> = {
  'PUT /v1/users/{userId}': { scope: 'users:write', body: { name: 'N', properties: {} } },
  'POST /v1/users': { scope: 'users:write', body: { users: [{ id: 'never' }] } },
  'GET /v1/users/{userId}': { scope: 'users:read' },
  'DELETE /v1/users/{userId}': { scope: 'users:write' },
  'GET /v1/users/{userId}/timeline': { scope: 'users:read' },
  'GET /v1/users/{userId}/holdings': { scope: 'users:read' },
  'POST /v1/users/{userId}/token': { scope: 'users:write', body: { ttl: 'PT1M' } },
  'POST /v1/events': { scope: 'events:write', body: { events: [] } },
  'POST /v1/wallets': {
    scope: 'wallets:write',
    body: { name: 'W', pointsName: 'p', decimals: 0, rounding: 'down', expiry: 'never' },
  },
  'GET /v1/wallets': { scope: 'wallets:read' },
  'GET /v1/wallets/{walletId}': { scope: 'wallets:read' },
  'PATCH /v1/wallets/{walletId}': { scope: 'wallets:write', body: { name: 'W', pointsName: 'p' } },
  'GET /v1/users/{userId}/wallets': { scope: 'wallets:read' },
  'GET /v1/users/{userId}/wallets/{walletId}/entries': { scope: 'wallets:read' },
  'POST /v1/users/{userId}/wallets/{walletId}/credit': {
    scope: 'wallets:write',
    body: { ...movement, orderId: 'o', activation: 'immediate', expiry: 'never', metadata: {} },
    headers: keyed,
  },
  'POST /v1/users/{userId}/wallets/{walletId}/debit': {
    scope: 'wallets:write',
    body: { ...movement, orderId: 'o', metadata: {} },
    headers: keyed,
  },
  'POST /v1/users/{userId}/wallets/{walletId}/refund': {
    scope: 'wallets:write',
    body: { ...movement, entryId: 'ent_1', orderId: 'o', metadata: {} },
    headers: keyed,
  },
  'POST /v1/users/{userId}/wallets/{walletId}/adjust': {
    scope: 'wallets:write',
    body: { ...movement, orderId: 'o', metadata: {} },
    headers: keyed,
  },
  'GET /v1/wallets/{walletId}/audit': { scope: 'wallets:read' },
  'POST /v1/coupons': {
    scope: 'coupons:write',
    body: {
      ...coupon,
      description: 'd',
      terms: 't',
      qualify: {},
      limits: {},
      visible: true,
      lowStock: 1,
      activation: { event: 'E' },
    },
  },
  'GET /v1/coupons': { scope: 'coupons:read' },
  'GET /v1/coupons/{couponId}': { scope: 'coupons:read' },
  'PATCH /v1/coupons/{couponId}': { scope: 'coupons:write', body: coupon },
  'POST /v1/coupons/{couponId}/publish': { scope: 'coupons:write' },
  ...verbs('/v1/coupons/{couponId}', 'coupons:write', ['pause', 'resume', 'end', 'archive']),
  'POST /v1/coupons/{couponId}/codes/generate': {
    scope: 'coupons:write',
    body: { count: 1, length: 8, alphabet: 'numeric', prefix: '', suffix: '' },
  },
  'POST /v1/coupons/{couponId}/codes': { scope: 'coupons:write', upload: true },
  'GET /v1/coupons/{couponId}/codes': { scope: 'coupons:read' },
  'GET /v1/jobs/{jobId}': { scope: 'coupons:read', or: ['campaigns:read', 'vouchers:read'] },
  'POST /v1/segments': { scope: 'campaigns:write', body: { name: 'S', rule } },
  'GET /v1/segments': { scope: 'campaigns:read' },
  'GET /v1/segments/{segmentId}': { scope: 'campaigns:read' },
  'PUT /v1/segments/{segmentId}': { scope: 'campaigns:write', body: { name: 'S', rule } },
  'DELETE /v1/segments/{segmentId}': { scope: 'campaigns:write' },
  'POST /v1/segments/estimate': { scope: 'campaigns:read', body: { rule } },
  'POST /v1/lists': { scope: 'campaigns:write', body: { name: 'L' } },
  'GET /v1/lists': { scope: 'campaigns:read' },
  'GET /v1/lists/{listId}': { scope: 'campaigns:read' },
  'DELETE /v1/lists/{listId}': { scope: 'campaigns:write' },
  'PUT /v1/lists/{listId}/members': { scope: 'campaigns:write', upload: true },
  'POST /v1/campaigns': { scope: 'campaigns:write', body: { ...campaign, limits: {} } },
  'GET /v1/campaigns': { scope: 'campaigns:read' },
  'GET /v1/campaigns/{campaignId}': { scope: 'campaigns:read' },
  'PATCH /v1/campaigns/{campaignId}': { scope: 'campaigns:write', body: campaign },
  'POST /v1/campaigns/{campaignId}/clone': { scope: 'campaigns:write' },
  'POST /v1/campaigns/{campaignId}/publish': { scope: 'campaigns:write' },
  ...verbs('/v1/campaigns/{campaignId}', 'campaigns:write', ['pause', 'resume', 'stop', 'archive']),
  'GET /v1/campaigns/{campaignId}/grants': { scope: 'campaigns:read' },
  'GET /v1/campaigns/{campaignId}/stats': { scope: 'campaigns:read' },
  'POST /v1/campaigns/{campaignId}/test': {
    scope: 'campaigns:read',
    body: { userId: 'u1', event: {}, now: '2026-01-01T00:00:00Z' },
  },
  'POST /v1/campaigns/preview-payload': {
    scope: 'campaigns:read',
    body: {
      reward: { type: 'message', endpointId: 'ept_1', template: 'Hi' },
      userId: 'u1',
      event: {},
    },
  },
  'GET /v1/deliveries': { scope: 'webhooks:read' },
  'GET /v1/deliveries/{deliveryId}': { scope: 'webhooks:read' },
  'POST /v1/deliveries/{deliveryId}/replay': { scope: 'webhooks:write' },
  'POST /v1/endpoints': { scope: 'webhooks:write', body: endpoint },
  'GET /v1/endpoints': { scope: 'webhooks:read' },
  'GET /v1/endpoints/{endpointId}': { scope: 'webhooks:read' },
  'PATCH /v1/endpoints/{endpointId}': { scope: 'webhooks:write', body: endpoint },
  ...verbs('/v1/endpoints/{endpointId}', 'webhooks:write', ['test', 'rotate-secret', 'enable', 'disable']),
  'POST /v1/catalogue': { scope: 'webhooks:write', body: item },
  'GET /v1/catalogue': { scope: 'webhooks:read' },
  'GET /v1/catalogue/{itemId}': { scope: 'webhooks:read' },
  'PATCH /v1/catalogue/{itemId}': { scope: 'webhooks:write', body: item },
  'POST /v1/catalogue/{itemId}/archive': { scope: 'webhooks:write' },
  'POST /v1/partners': { scope: 'vouchers:write', body: { name: 'P' } },
  'GET /v1/partners': { scope: 'vouchers:read' },
  'GET /v1/partners/{partnerId}': { scope: 'vouchers:read' },
  'PATCH /v1/partners/{partnerId}': { scope: 'vouchers:write', body: { name: 'P' } },
  'POST /v1/voucher-lists': {
    scope: 'vouchers:write',
    body: { partnerId: 'prt_1', tag: 't', ...voucherList },
  },
  'GET /v1/voucher-lists': { scope: 'vouchers:read' },
  'GET /v1/voucher-lists/{voucherListId}': { scope: 'vouchers:read' },
  'PATCH /v1/voucher-lists/{voucherListId}': { scope: 'vouchers:write', body: voucherList },
  ...verbs('/v1/voucher-lists/{voucherListId}', 'vouchers:write', ['pause', 'resume', 'archive']),
  'POST /v1/voucher-lists/{voucherListId}/codes': { scope: 'vouchers:write', upload: true },
  'GET /v1/voucher-lists/{voucherListId}/codes': { scope: 'vouchers:read' },
  'POST /v1/voucher-lists/{voucherListId}/assign': {
    scope: 'vouchers:write',
    body: { userId: 'never' },
    headers: keyed,
  },
  'GET /v1/tray': { scope: 'users:read', tray: true },
  'POST /v1/tray/events': { scope: 'events:write', tray: true, body: { events: [] } },
  'POST /v1/keys': { scope: 'account:write', body: { name: 'k', kind: 'secret', scopes: ['users:read'] } },
  'DELETE /v1/keys/{keyId}': { scope: 'account:write' },
  'GET /v1/settings': { scope: 'account:read' },
  'PATCH /v1/settings': {
    scope: 'account:write',
    body: { name: 'n', timezone: 'UTC', currency: 'USD', triggerWindow: 'PT2H', allowedOrigins: [] },
  },
}
