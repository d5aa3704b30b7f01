import { beforeAll, describe, expect, test } from 'vitest'
import { clock, send, wallet } from './boon.ts'
import { ago, inS, outcomes, scene } from './inactionParts.ts'
import { campaignNow, listedGrants, userAt } from './records.ts'
import { flat, setUpQuiet } from './runParts.ts'

beforeAll(() => setUpQuiet('2026-05-01T12:00:00Z'))
let points = { reward: {} }
beforeAll(async () => {
  points = flat((await wallet()).id)
})

test('E4: somebody who checked out another cart is granted for the first one, in time', async () => {
  const { id, add, pay } = await scene(points, { trigger: { same: 'cart' } })
  const due = inS(60)
  expect(outcomes(await send([add('u1', { cart: 'c1' }), add('u2', { cart: 'c1' })]))).toEqual([due, due])
  await clock('PT30S')
  expect((await send([pay('u1', { cart: 'c2' }), pay('u2', { cart: 'C1' })])).decisions).toEqual([])
  await clock('PT29.999S')
  expect((await campaignNow(id)).stats.granted).toBe(0)
  await clock('PT0.001S')
  expect((await listedGrants(id)).map(({ userId, at }) => [userId, at])).toEqual([['u1', due]])
  await clock('PT5M')
  expect((await campaignNow(id)).stats).toMatchObject({ granted: 1, refused: {} })
})

describe('adding and paying, told in one request or one by one', () => {
  // What is told, in this order, with how many seconds ago it happened → whether there is a grant.
  test.each<[string, string, boolean]>([
    ['paid after, without times', 'add, pay', false],
    ['paid before, without times', 'pay, add', true],
    ['paid after', 'add 20, pay 10', false],
    ['paid after, told before', 'pay 10, add 20', false],
    ['paid before, told after', 'add 10, pay 20', true],
    ['paid before', 'pay 20, add 10', true],
    ['paid at the same moment, told after', 'add 10, pay 10', false],
    ['paid at the same moment, told before', 'pay 10, add 10', true],
    ['paid before and after', 'pay 20, add 10, pay 5', false],
    ['added again after paying', 'add 20, pay 10, add 5', true],
    ['added again after paying, told the other way round', 'add 5, pay 10, add 20', true],
    ['by a clock that is ahead of ours', 'add -20, pay -30', false],
    ['paid by a clock that is ahead of ours, in time', 'add 0, pay -59', false],
    ['paid by a clock that is ahead of ours, when it is due', 'add 0, pay -60', true],
  ])('%s: %s', async (_, told, isGranted) => {
    const { add, pay, granted } = await scene(points)
    const events = (userId: string) =>
      told.split(', ').map((text) => {
        const [what, seconds] = text.split(' ')
        return (what === 'add' ? add : pay)(userId, {}, seconds === undefined ? {} : ago(Number(seconds)))
      })
    await send(events('at once'))
    for (const event of events('one by one')) await send([event])
    await clock('PT2M')
    expect(await granted()).toEqual(isGranted ? ['at once', 'one by one'] : [])
  })
})

test('the first trigger starts the time, further ones find it; what comes after its end starts anew', async () => {
  const { id, add, pay } = await scene(points, { trigger: { same: 'cart' } })
  const first = inS(60)
  const one = { cart: 'one' }
  expect(outcomes(await send([add('u', one), add('u', one), add('u', { cart: 'two' }, ago(10))]))).toEqual([
    first,
    first,
    inS(50),
  ])
  await clock('PT49S')
  expect(outcomes(await send([add('u', one), pay('u', { cart: 'two' })]))).toEqual([first])
  await clock('PT11S')
  const second = inS(60)
  expect(outcomes(await send([add('u', one)]))).toEqual([second])
  await send([pay('u', one)])
  await clock('PT1S')
  const third = inS(60)
  expect(outcomes(await send([add('u', one)]))).toEqual([third])
  await clock('PT10M')
  expect((await listedGrants(id)).map(({ at }) => at).sort()).toEqual([first, third])
})

describe('the value that both must share', () => {
  // Of the trigger, of the other event → whether it is the same.
  test.each([
    ['text', 'c1', 'C1', true],
    ['text of another script', 'ÄPFEL', 'äpfel', true],
    ['another text', 'c1', 'c1 ', false],
    ['numbers', 1, 1.0, true],
    ['a number and a text', 1, '1', false],
    ['a truth value and a number', true, 1, false],
    ['truth values', false, false, true],
    ['nothing', 'c1', undefined, false],
    ['a list', 'c1', ['c1'], false],
    ['a quote', `"\\'`, `"\\'`, true],
  ])('%s', async (_, own, other, isSame) => {
    const { add, pay, granted } = await scene(points, { trigger: { same: 'the "cart"' } })
    await send([add('u', { 'the "cart"': own })])
    await send([pay('u', { 'the "cart"': other }), pay('u'), pay('u', { cart: own })])
    await clock('PT1M')
    expect(await granted()).toEqual(isSame ? [] : ['u'])
  })

  test('a trigger without one starts nothing and is not mentioned', async () => {
    const { id, add } = await scene(points, { trigger: { same: 'cart' } })
    const without = [{}, { cart: null }, { cart: [] }, { cart: {} }, { other: 'c1' }]
    expect((await send(without.map((properties) => add('u', properties)))).decisions).toEqual([])
    await clock('PT5M')
    expect((await campaignNow(id)).stats).toMatchObject({ granted: 0, refused: {} })
  })

  test('what somebody else did does not count, in either database', async () => {
    const { add, pay, granted } = await scene(points, { trigger: { same: 'cart' } })
    const users = [userAt(0, 'else-'), userAt(1, 'else-'), userAt(1, 'other-')]
    const [zero = '', one = ''] = users
    const c = { cart: 'shared' }
    await send([...users.map((userId) => add(userId, c)), pay(one, c), pay('stranger', c)])
    await clock('PT1M')
    expect(await granted()).toEqual([zero, users[2]].sort())
  })
})

test('conditions count on both events', async () => {
  const { add, pay, granted } = await scene(points, {
    trigger: { where: [{ property: 'price', op: 'gte', value: 10 }] },
    unless: { where: [{ property: 'method', op: 'in', value: ['upi', 'card'] }] },
  })
  const sent = await send([add('cheap', { price: 5 }), add('cash', { price: 10 }), add('upi', { price: 11 })])
  expect(sent.decisions).toMatchObject([{ userId: 'cash', outcome: 'waiting' }, { userId: 'upi' }])
  await send([pay('cash', { method: 'cash' }), pay('upi', { method: 'UPI' })])
  await clock('PT1M')
  expect(await granted()).toEqual(['cash'])
})
