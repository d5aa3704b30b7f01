/** An API answer, as far as the demo reads it. */
interface Answer {
  id: string
  name: string
  status: string
  imported: number
  stats: { stock: { total: number } | null }
  stock: { total: number }
  data: Answer[]
}

/** Asks the API. A text is sent as a file of codes, anything else as JSON. */
type Ask = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Answer>

/** A body to send; its name is how it is found again. */
type Definition = { name: string } & Record<string, unknown>

const timezone = 'Asia/Kolkata'
const codes = 2_000
const jobTimeoutMs = 60_000

const wallet = {
  name: 'Boon points',
  pointsName: 'points',
  decimals: 0,
  rounding: 'down',
  expiry: { after: 'P90D' },
}

const everyone = {
  name: 'Namaste',
  description: 'On the whole order, once for everybody.',
  audience: 'everyone',
  kind: 'single',
  code: 'NAMASTE5',
  effect: {
    on: 'order',
    benefit: { kind: 'percentage', percent: 5, max: { INR: 10_000 } },
    as: 'discount',
  },
  validity: { start: 'now', end: 'never', timezone },
  visible: true,
}

const welcome = {
  name: 'Welcome',
  description: 'On your first order.',
  terms: 'One use, within 30 days of signing up.',
  audience: 'campaign',
  kind: 'single',
  code: 'WELCOME10',
  effect: {
    on: 'order',
    benefit: { kind: 'percentage', percent: 10, max: { INR: 20_000 } },
    as: 'discount',
  },
  validity: { start: 'now', end: 'never', timezone, expiresAfter: 'P30D' },
}

const cart = {
  name: 'Cart thank-you',
  description: 'On orders from ₹999.',
  terms: 'The code is yours alone and good for one order.',
  audience: 'campaign',
  kind: 'bulk',
  effect: { on: 'order', benefit: { kind: 'fixed', amount: { INR: 10_000 } }, as: 'discount' },
  qualify: { cart: [{ property: 'subtotal', op: 'gte', value: 99_900 }] },
  validity: { start: 'now', end: 'never', timezone, expiresAfter: 'P7D' },
  lowStock: 100,
}

const partner = { name: 'Chai Corner' }

const vouchers = {
  tag: 'monsoon_chai',
  name: 'Two cups of chai',
  description: 'At every Chai Corner, one voucher a visit.',
  expiresAt: '2099-12-31T23:59:59+05:30',
  lowStock: 50,
}

/** As a partner would send them: one code a line. */
const voucherCodes = Array.from(
  { length: 500 },
  (_, n) => `CHAI-${(n * 7_919 + 10_000).toString(36).toUpperCase()}`,
)

/**
 * Makes the demo account through the HTTP API: a wallet, three coupons, a partner's vouchers, and the six running
 * campaigns that the demo shop sets off. What is there already, by name, is left as it is, so it may be called at every start and
 * goes on where an interrupted call stopped. Rejects with the API's own words when a step is refused.
 */
export async function loadDemo(baseUrl: string, key: string): Promise<void> {
  const ask = asker(baseUrl, key)
  const points = await findOrMake(ask, 'wallets', wallet)
  await publishedCoupon(ask, everyone)
  const welcomeCoupon = await publishedCoupon(ask, welcome)
  const cartCoupon = await publishedCoupon(ask, cart)

  await runningCampaign(ask, {
    name: 'Welcome coupon',
    trigger: { event: 'Signed Up' },
    reward: { type: 'coupon', couponId: welcomeCoupon.id, redeemable: 'immediate' },
    limits: { perUser: { total: 1 }, perCampaign: { total: 100_000 } },
  })
  await runningCampaign(ask, {
    name: 'Cart thank-you',
    trigger: { event: 'Added To Cart' },
    reward: { type: 'coupon', couponId: cartCoupon.id, redeemable: 'immediate' },
    limits: { perUser: { day: 1 }, perCampaign: { total: codes } },
  })
  await runningCampaign(ask, {
    name: 'Points for orders from ₹500',
    trigger: { event: 'Charged', where: [{ property: 'Amount', op: 'gte', value: 500 }] },
    reward: flatPoints(points.id, 50),
    limits: { perUser: { day: 20 }, budget: { campaign: 1_000_000, policy: 'truncate' } },
  })
  await runningCampaign(ask, {
    name: 'Third order within 30 days',
    trigger: { event: 'Charged' },
    audience: {
      rule: { did: { event: 'Charged', times: { op: 'eq', value: 3 }, within: { last: 'P30D' } } },
    },
    reward: flatPoints(points.id, 100),
    limits: { perCampaign: { total: 10_000 } },
  })
  const list = await filledVoucherList(ask)
  await runningCampaign(ask, {
    name: 'Chai for orders from ₹2,000',
    trigger: { event: 'Charged', where: [{ property: 'Amount', op: 'gte', value: 2_000 }] },
    reward: { type: 'voucher', voucherListId: list.id },
    limits: { perUser: { week: 1 } },
  })
  await runningCampaign(ask, {
    name: 'Cart rescue',
    trigger: { event: 'Added To Cart', unless: { event: 'Charged', within: 'PT2M' } },
    reward: flatPoints(points.id, 20),
    limits: { perUser: { day: 1 }, budget: { campaign: 100_000, policy: 'truncate' } },
  })
}

const flatPoints = (walletId: string, value: number) => ({
  type: 'points',
  walletId,
  scheme: { kind: 'flat', value },
  activation: 'immediate',
})

async function publishedCoupon(ask: Ask, definition: Definition): Promise<Answer> {
  const coupon = await findOrMake(ask, 'coupons', definition)
  if (coupon.status !== 'draft') return coupon
  if (definition['kind'] === 'bulk') await fillStock(ask, coupon.id)
  await ask('POST', `/v1/coupons/${coupon.id}/publish`)
  return coupon
}

async function fillStock(ask: Ask, couponId: string): Promise<void> {
  const { stats } = await ask('GET', `/v1/coupons/${couponId}`)
  if (stats.stock && stats.stock.total > 0) return
  const pattern = { count: codes, length: 6, alphabet: 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789', prefix: 'CART-' }
  await jobDone(ask, await ask('POST', `/v1/coupons/${couponId}/codes/generate`, pattern), codes)
}

async function filledVoucherList(ask: Ask): Promise<Answer> {
  const { id: partnerId } = await findOrMake(ask, 'partners', partner)
  const list = await findOrMake(ask, 'voucher-lists', { ...vouchers, partnerId })
  if (list.stock.total > 0) return list
  const job = await ask('POST', `/v1/voucher-lists/${list.id}/codes`, voucherCodes.join('\n'))
  await jobDone(ask, job, voucherCodes.length)
  return list
}

async function jobDone(ask: Ask, { id }: Answer, imported: number): Promise<void> {
  const untilMs = performance.now() + jobTimeoutMs
  for (;;) {
    const job = await ask('GET', `/v1/jobs/${id}`)
    if (job.status === 'done' && job.imported === imported) return
    const isOver = job.status !== 'running' || performance.now() > untilMs
    if (isOver) throw new Error(`The demo's codes were not made: job ${id} is ${job.status}.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function runningCampaign(ask: Ask, definition: Definition): Promise<void> {
  const schedule = { start: 'now', end: 'never', timezone }
  const campaign = await findOrMake(ask, 'campaigns', { ...definition, qualification: 'live', schedule })
  if (campaign.status === 'draft') await ask('POST', `/v1/campaigns/${campaign.id}/publish`)
}

async function findOrMake(ask: Ask, kind: string, definition: Definition): Promise<Answer> {
  const search = kind === 'campaigns' ? `&q=${encodeURIComponent(definition.name)}` : ''
  const { data } = await ask('GET', `/v1/${kind}?limit=100${search}`)
  const found = data.find((it) => it.name === definition.name)
  return found ?? (await ask('POST', `/v1/${kind}`, definition))
}

function asker(baseUrl: string, key: string): Ask {
  return async (method, path, body) => {
    const isFile = typeof body === 'string'
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'Content-Type': isFile ? 'text/csv' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`)
    return JSON.parse(text)
  }
}

if (import.meta.main) {
  const [baseUrl = 'http://localhost:8787', key = 'sk_local_boon'] = process.argv.slice(2)
  await loadDemo(baseUrl, key)
}
