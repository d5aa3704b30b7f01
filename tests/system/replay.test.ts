import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Product, startProduct } from '../../scripts/product.ts'
import { generateHistory } from '../../scripts/replay/generate.ts'
import { replay } from '../../scripts/replay/replay.ts'

let product: Product
beforeAll(async () => {
  product = await startProduct()
})
afterAll(() => product?.stop())

test('a made-up history of 60 days is decided as the naive program decides it', async () => {
  const history = generateHistory({ seed: 1997, customers: 40, days: 60, perDay: 12 })
  const rules = {
    minimum: 20,
    value: 7,
    perUser: { day: 1, month: 2, total: 3 },
    perCampaign: { day: 4 },
    // No multiple of 7, so that the last grant gets what is left.
    budget: 640,
  }
  const { naive, differences } = await replay(history, product, rules)
  expect(differences).toEqual([])
  // The comparison is worth something only if the history meets every limit.
  expect(naive.refused).toEqual({
    user_limit_total: expect.any(Number),
    user_limit_day: expect.any(Number),
    user_limit_month: expect.any(Number),
    campaign_limit_day: expect.any(Number),
    campaign_budget: expect.any(Number),
  })
  expect(naive.expected).toContainEqual({ outcome: 'granted', value: expect.any(Number), asked: 7 })
  expect(naive.sum).toBe(rules.budget)
})
