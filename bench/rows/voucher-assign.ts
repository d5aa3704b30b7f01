import { postRequest } from '../connection.ts'
import { drive } from '../load.ts'
import { type BenchedProduct, KEY, startBenched } from '../product.ts'
import { requestsTo } from '../purchases.ts'
import type { Row } from '../row.ts'
import { importVoucherCodes, makeVoucherList, voucherCodes } from '../vouchers.ts'

/** `BOON_VOUCHER_CODES=1000000` measures the largest list that there may be. */
const CODES = Number(process.env['BOON_VOUCHER_CODES'] ?? 100_000)
const LEFT = 5_000
const REQUESTS = 128
const PER_REQUEST = 1_000
const CLIENTS = 8

/** What a code costs must not depend on how many are left. */
export const row: Row = {
  row: 'voucher-assign',
  title: `assign voucher codes when few are left of ${CODES.toLocaleString('en')}, against when all are`,
  unit: 'codes',
  // The same but for what the machine does meanwhile.
  atLeast: 0.8,
  // The shorter the turns, the more alike what slows the machine falls on both sides.
  rounds: 21,
  async prepare() {
    const product = await startBenched()
    const file = Buffer.from(voucherCodes(CODES, 'BENCH').join('\n'))
    const full = await makeVoucherList(product)
    await importVoucherCodes(product, full, file, CODES)
    const nearlyEmpty = await makeVoucherList(product)
    await importVoucherCodes(product, nearlyEmpty, file, CODES)
    await giveAway(product, nearlyEmpty, CODES - LEFT)
    return {
      baseline: () => rateOf(product, full),
      measured: () => rateOf(product, nearlyEmpty),
      stop: () => product.stop(),
    }
  },
}

let users = 0

async function rateOf(product: BenchedProduct, listId: string): Promise<number> {
  const requests = Array.from({ length: REQUESTS }, () =>
    postRequest(`/v1/voucher-lists/${listId}/assign`, JSON.stringify({ userId: `user-${users++}` }), KEY),
  )
  return REQUESTS / (await drive(product.port, requests, CLIENTS))
}

/** Has a campaign give codes of a list to as many users. */
async function giveAway(product: BenchedProduct, listId: string, count: number): Promise<void> {
  const { id } = await product.ask<{ id: string }>('POST', '/v1/campaigns', {
    name: 'Bench',
    qualification: 'live',
    trigger: { event: 'Given' },
    reward: { type: 'voucher', voucherListId: listId },
    schedule: { start: 'now', end: 'never' },
  })
  await product.ask('POST', `/v1/campaigns/${id}/publish`)
  const bodies = Array.from({ length: count / PER_REQUEST }, () =>
    JSON.stringify({
      events: Array.from({ length: PER_REQUEST }, () => ({ userId: `user-${users++}`, name: 'Given' })),
    }),
  )
  await drive(product.port, requestsTo('/v1/events', bodies, KEY), 2)
  await product.ask('POST', `/v1/campaigns/${id}/stop`)
  const list = await product.ask<{ stock: { available: number } }>('GET', `/v1/voucher-lists/${listId}`)
  if (list.stock.available !== LEFT) throw new Error(`${list.stock.available} codes are left, not ${LEFT}`)
}
