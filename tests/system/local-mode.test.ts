import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { type Call, caller } from '../../scripts/http-call.ts'
import { type Product, startProduct } from '../../scripts/product.ts'
import { removeFolder, temporaryFolder } from '../../scripts/temporary-folder.ts'
import { npmStart } from './npm-start.ts'

interface Grant {
  id: string
  value: number
  replayed?: boolean
}

interface Answer {
  accepted: number
  duplicates: number
  decisions: { eventId: string; outcome: string; reason?: string; grant?: Grant }[]
}

const HOUR_MS = 3_600_000

/** Calls and gives the body back; anything but success ends the test. */
async function ask<T>(call: Call, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await call(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.json as T
}

async function send(call: Call, ...events: [id: string, userId: string][]): Promise<Answer> {
  const named = events.map(([id, userId]) => ({ id, userId, name: 'Charged' }))
  return ask<Answer>(call, 'POST', '/v1/events', { events: named })
}

/** A published campaign that gives 10 points for a `Charged`; answers its id. */
async function tenPoints(call: Call, options: Record<string, unknown> = {}): Promise<string> {
  const wallet = await ask<{ id: string }>(call, 'POST', '/v1/wallets', {
    name: 'Purse',
    pointsName: 'points',
    decimals: 0,
    rounding: 'down',
    expiry: 'never',
  })
  const { id } = await ask<{ id: string }>(call, 'POST', '/v1/campaigns', {
    name: 'Ten points',
    qualification: 'live',
    trigger: { event: 'Charged' },
    reward: { type: 'points', walletId: wallet.id, scheme: { kind: 'flat', value: 10 } },
    schedule: { start: 'now', end: 'never', timezone: 'UTC' },
    ...options,
  })
  await ask(call, 'POST', `/v1/campaigns/${id}/publish`)
  return id
}

interface Campaign {
  status: string
  updatedAt: string
  stats: { granted: number; value: number; users: number }
}

const campaign = (call: Call, id: string) => ask<Campaign>(call, 'GET', `/v1/campaigns/${id}`)
const clock = (call: Call, body: unknown) => ask<{ now: string }>(call, 'POST', '/v1/test/clock', body)
const iso = (ms: number) => new Date(ms).toISOString()

/** Whether a time is the expected one, give or take what a step takes on a busy machine. */
function expectAbout(text: string, ms: number): void {
  expect(Date.parse(text) - ms).toBeGreaterThanOrEqual(0)
  expect(Date.parse(text) - ms).toBeLessThan(30_000)
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
}

describe('npm start', () => {
  test('says when it answers, under every name of this machine, and Ctrl-C ends all of it', async () => {
    const state = temporaryFolder('state')
    const port = await freePort()
    const started = npmStart('--port', String(port), '--state', state, '--no-demo')
    await started.printed(`Boon is ready at http://localhost:${port}`)
    for (const host of ['localhost', '127.0.0.1', ...(hasIpv6() ? ['[::1]'] : [])]) {
      const health = await caller(`http://${host}:${port}`)('GET', '/healthz', undefined, { key: null })
      expect(health).toMatchObject({ status: 200, json: { ok: true, version: expect.any(String) } })
      expect(health.headers.get('x-request-id')).toMatch(/^req_/)
    }
    expect(started.programs()).toContain('workerd')
    started.signal('SIGINT')
    expect((await started.ended).output).not.toContain('Error')
    await vi.waitFor(() => expect(started.programs()).toEqual([]), 5_000)
    removeFolder(state)
  })

  test('Ctrl-C before it is ready ends all of it too', async () => {
    const state = temporaryFolder('state')
    const started = npmStart('--port', String(await freePort()), '--state', state)
    await vi.waitFor(() => expect(started.programs()).toContain('workerd'), { timeout: 60_000, interval: 20 })
    started.signal('SIGINT')
    const { output } = await started.ended
    expect(output).not.toContain('Error')
    await vi.waitFor(() => expect(started.programs()).toEqual([]), 5_000)
    removeFolder(state)
  })

  test.each(['127.0.0.1', '0.0.0.0'])('a port that is taken on %s gets a clear message', async (host) => {
    const other = createServer()
    const port = await new Promise<number>((done) => {
      other.listen(0, host, () => done((other.address() as { port: number }).port))
    })
    const { code, output } = await npmStart('--port', String(port)).ended
    expect(code).toBe(1)
    expect(output).toMatch(new RegExp(`Port ${port} is taken\\. Choose another: npm start -- --port \\d+`))
    expect(output).not.toContain('    at ')
    other.close()
  })

  test.each([
    [['--port', '0'], '--port must be 1 to 65535'],
    [['--port', '65536'], '--port must be 1 to 65535'],
    [['--port', 'http'], '--port must be 1 to 65535'],
    [['--prot', '8787'], '--prot'],
    [['--state'], '--state'],
    [['8787'], '8787'],
  ])('%j is refused with the usage', async (args, said) => {
    const { code, output } = await npmStart(...args).ended
    expect(code).toBe(2)
    expect(output).toContain(said)
    expect(output).toContain('npm start -- [--port 8787] [--state .wrangler/state] [--no-demo]')
  })
})

describe('a state without the demo', () => {
  let product: Product
  let call: Call
  beforeAll(async () => {
    product = await startProduct()
    call = product.call
  })
  afterAll(() => product?.stop())

  test('has the two fixed keys, each for its own', async () => {
    expect((await call('GET', '/v1/campaigns')).status).toBe(200)
    expect((await call('GET', '/v1/tray', undefined, { key: 'pk_local_boon' })).status).toBe(200)
    expect((await call('GET', '/v1/campaigns', undefined, { key: 'pk_local_boon' })).status).toBe(403)
    for (const key of ['sk_other', null])
      expect((await call('GET', '/v1/campaigns', undefined, { key })).status).toBe(401)
  })

  test('is empty', async () => {
    for (const path of ['/v1/campaigns', '/v1/coupons', '/v1/wallets'])
      expect(await call('GET', path)).toMatchObject({ status: 200, json: { data: [] } })
  })

  test('shows the way to the shop', async () => {
    const root = await call('GET', '/')
    expect(root.status).toBe(302)
    expect(root.headers.get('location')).toBe('/demo')
    const shop = await call('GET', '/demo', undefined, { key: null })
    expect(shop.status).toBe(200)
    expect(shop.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect((await call('GET', '/boon.js', undefined, { key: null })).status).toBe(200)
  })

  test.each([
    ['no field', {}],
    ['two fields', { advance: 'PT1H', now: '2027-01-01T00:00:00Z' }],
    ['an unknown field', { advance: 'PT1H', at: 1 }],
    ['no duration', { advance: '1 hour' }],
    ['a duration backwards', { advance: '-PT1H' }],
    ['no time', { now: 'tomorrow' }],
    ['a time without an offset', { now: '2027-01-01T00:00:00' }],
    ['a number', { now: 1_800_000_000 }],
    ['a list', []],
  ])('does not move its clock for %s', async (_, body) => {
    const before = Date.parse((await ask<{ now: string }>(call, 'GET', '/v1/test/clock')).now)
    expect(await call('POST', '/v1/test/clock', body)).toMatchObject({
      status: 422,
      json: { code: 'invalid' },
    })
    expect((await call('POST', '/v1/test/clock', '{"now": ')).status).toBe(400)
    expectAbout((await ask<{ now: string }>(call, 'GET', '/v1/test/clock')).now, before)
  })

  test('lets its clock be set to any time while it is blank, forward only afterwards', async () => {
    const at = (text: string) => Date.parse(text)
    expectAbout((await ask<{ now: string }>(call, 'GET', '/v1/test/clock')).now, Date.now() - 1_000)
    for (const now of ['2031-05-05T05:05:05Z', '1997-01-01T00:00:00Z', '1997-01-01T00:30:00+05:30'])
      expectAbout((await clock(call, { now })).now, at(now))
    // Time flows on.
    const before = at((await clock(call, { now: '1997-01-01T00:00:00Z' })).now)
    await new Promise((done) => setTimeout(done, 50))
    expect(at((await ask<{ now: string }>(call, 'GET', '/v1/test/clock')).now)).toBeGreaterThan(before)

    await send(call, ['blank-1', 'user-1'])
    for (const now of ['1996-12-31T23:59:59Z', '1997-01-01T00:00:00Z'])
      expect(await call('POST', '/v1/test/clock', { now })).toMatchObject({
        status: 422,
        json: { code: 'invalid', issues: [{ path: 'now' }] },
      })
    expectAbout((await clock(call, { advance: 'P1M' })).now, at('1997-02-01T00:00:00Z'))
    expectAbout((await clock(call, { now: '1997-02-01T12:00:00Z' })).now, at('1997-02-01T12:00:00Z'))
  })

  test('does what falls due at its own time when the clock jumps', async () => {
    const { now } = await ask<{ now: string }>(call, 'GET', '/v1/test/clock')
    const nowMs = Date.parse(now)
    const within = async (fromMs: number, toMs: number) =>
      tenPoints(call, {
        schedule: { start: iso(nowMs + fromMs), end: iso(nowMs + toMs), timezone: 'UTC' },
      })
    const early = await within(HOUR_MS, 3 * HOUR_MS)
    const late = await within(2 * HOUR_MS, 4 * HOUR_MS)
    expect(await campaign(call, early)).toMatchObject({ status: 'scheduled' })
    expect(await send(call, ['due-1', 'user-2'])).toMatchObject({ decisions: [] })

    await clock(call, { advance: 'PT1H30M' })
    const started = await campaign(call, early)
    expect(started.status).toBe('running')
    expectAbout(started.updatedAt, nowMs + HOUR_MS)
    expect((await campaign(call, late)).status).toBe('scheduled')
    expect((await send(call, ['due-2', 'user-2'])).decisions).toMatchObject([{ outcome: 'granted' }])

    // One jump over the end of the one and over both of the other.
    await clock(call, { advance: 'P1D' })
    for (const [id, endMs] of [
      [early, 3 * HOUR_MS],
      [late, 4 * HOUR_MS],
    ] as const) {
      const ended = await campaign(call, id)
      expect(ended.status).toBe('completed')
      expectAbout(ended.updatedAt, nowMs + endMs)
    }
    expect(await send(call, ['due-3', 'user-2'])).toMatchObject({ accepted: 1, decisions: [] })
    expect((await campaign(call, early)).stats).toMatchObject({ granted: 1, value: 10, users: 1 })
  })

  test('starts and ends a campaign without anybody touching the clock', async () => {
    const { now } = await ask<{ now: string }>(call, 'GET', '/v1/test/clock')
    const startMs = Date.parse(now) + 1_500
    const id = await tenPoints(call, {
      schedule: { start: iso(startMs), end: iso(startMs + 1_500), timezone: 'UTC' },
    })
    const becomes = (status: string) =>
      vi.waitFor(async () => expect((await campaign(call, id)).status).toBe(status), {
        timeout: 30_000,
        interval: 100,
      })
    await becomes('running')
    await becomes('completed')
    expectAbout((await campaign(call, id)).updatedAt, startMs + 1_500)
  })
})

describe('a state started again', () => {
  let state: string
  let product: Product
  beforeAll(() => {
    state = temporaryFolder('state')
  })
  afterAll(async () => {
    await product?.stop()
    removeFolder(state)
  })

  test('continues exactly where Ctrl-C left it', async () => {
    product = await startProduct({ state })
    await clock(product.call, { now: '2029-01-01T00:00:00Z' })
    const id = await tenPoints(product.call, { limits: { perCampaign: { total: 3 } } })
    const first = await send(product.call, ['e1', 'u1'], ['e2', 'u2'])
    const ids = first.decisions.map(({ grant }) => grant?.id)
    expect(ids).toEqual([expect.stringMatching(/^grt_/), expect.stringMatching(/^grt_/)])
    await product.stop()

    product = await startProduct({ state })
    const { call } = product
    expectAbout(
      (await ask<{ now: string }>(call, 'GET', '/v1/test/clock')).now,
      Date.parse('2029-01-01T00:00:00Z'),
    )
    const again = await send(call, ['e1', 'u1'], ['e2', 'u2'], ['e3', 'u3'], ['e4', 'u4'])
    expect(again).toMatchObject({ accepted: 2, duplicates: 2 })
    expect(again.decisions).toMatchObject([
      { outcome: 'granted', grant: { id: ids[0], replayed: true } },
      { outcome: 'granted', grant: { id: ids[1], replayed: true } },
      { outcome: 'granted' },
      { outcome: 'refused', reason: 'campaign_limit_total' },
    ])
    expect((await campaign(call, id)).stats).toMatchObject({ granted: 3, value: 30, users: 3 })
  })

  test('has everything that was acknowledged before the power went, and goes on exactly', async () => {
    const users = Array.from({ length: 400 }, (_, n) => n)
    const limit = 250
    const id = await tenPoints(product.call, { name: 'Power cut', limits: { perCampaign: { total: limit } } })
    await ask(product.call, 'PATCH', '/v1/settings', { name: 'Before the cut' })
    const acknowledged = new Map<string, Answer['decisions'][number] | undefined>()
    const decisionOf = (answer: Answer) => answer.decisions.find((decision) => decision.outcome !== 'refused')
    const left = [...users]
    let cut: Promise<void> | undefined
    const client = async () => {
      for (let n = left.shift(); n !== undefined; n = left.shift()) {
        try {
          acknowledged.set(`cut-${n}`, decisionOf(await send(product.call, [`cut-${n}`, `cutter-${n}`])))
        } catch {
          return
        }
        // In the midst of it, with requests of the other clients in flight.
        if (acknowledged.size === 120) cut = product.kill()
      }
    }
    await Promise.all(Array.from({ length: 8 }, client))
    await cut
    expect(acknowledged.size).toBeGreaterThanOrEqual(120)
    expect(acknowledged.size).toBeLessThan(users.length)

    product = await startProduct({ state })
    const { call } = product
    const kept = await send(
      call,
      ...[...acknowledged.keys()].map((key): [string, string] => [key, key.replace('cut-', 'cutter-')]),
    )
    expect(kept).toMatchObject({ accepted: 0, duplicates: acknowledged.size })
    for (const decision of kept.decisions) {
      const before = acknowledged.get(decision.eventId)
      if (before?.grant === undefined) expect(decision.outcome).toBe('refused')
      else if (decision.outcome === 'granted')
        expect(decision.grant).toEqual({ ...before.grant, replayed: true })
    }
    const all = await send(call, ...users.map((n): [string, string] => [`cut-${n}`, `cutter-${n}`]))
    expect(all.accepted + all.duplicates).toBe(users.length)
    const granted = all.decisions.filter(({ outcome }) => outcome === 'granted')
    expect(granted).toHaveLength(limit)
    expect((await campaign(call, id)).stats).toMatchObject({
      granted: limit,
      value: limit * 10,
      users: limit,
    })

    // Every grant has become points, whoever was to write them when the power went; nobody has them twice.
    await vi.waitFor(async () => {
      const purses = await Promise.all(
        users.map((n) => ask<{ active: number }[]>(call, 'GET', `/v1/users/cutter-${n}/wallets`)),
      )
      const points = purses.flatMap((purse) => purse.map(({ active }) => active))
      expect(points.filter((active) => active > 0)).toEqual(Array.from({ length: limit }, () => 10))
    }, 30_000)
    expect(await ask(call, 'GET', '/v1/settings')).toMatchObject({ name: 'Before the cut' })
  })
})

test('the demo is loaded once, however often it is started', async () => {
  const state = temporaryFolder('state')
  const names = async (product: Product) => {
    const { data } = await ask<{ data: { name: string; status: string }[] }>(
      product.call,
      'GET',
      '/v1/campaigns',
    )
    return data.map(({ name, status }) => `${name}: ${status}`).sort()
  }
  const once = await startProduct({ state, demo: true })
  const before = await names(once)
  expect(before).toHaveLength(6)
  expect(before.every((line) => line.endsWith(': running'))).toBe(true)
  expect((await once.call('POST', '/v1/test/clock', { now: '2020-01-01T00:00:00Z' })).status).toBe(422)
  await once.stop()
  const twice = await startProduct({ state, demo: true })
  expect(await names(twice)).toEqual(before)
  await twice.stop()
  removeFolder(state)
})
