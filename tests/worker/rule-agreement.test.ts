import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { homeOf, userDatabases } from '../../worker/platform/databases.ts'
import { audiencePage, estimate } from '../../worker/segments/audience.ts'
import { matches } from '../../worker/segments/condition.ts'
import type { Condition } from '../../worker/segments/conditionContract.ts'
import { type Core, toCore } from '../../worker/segments/core.ts'
import { matching } from '../../worker/segments/inParts.ts'
import { MAX_NESTING } from '../../worker/segments/resolve.ts'
import { MAX_DEPTH, type Rule, type RuleNode, ruleSchema } from '../../worker/segments/ruleContract.ts'
import {
  estimateStatement,
  isTaken,
  prepared,
  SAMPLE,
  type Statement,
  type Subject,
  subjectsStatement,
} from '../../worker/segments/statements.ts'
import { insertEventStatements } from '../../worker/users/eventRows.ts'
import { patchUsers } from '../../worker/users/store.ts'
import { env, setUp } from './boon.ts'
import { conditionHolds, matchesRule, type World } from './reference.ts'
import { asked, inquiries, tells } from './rules.ts'

const SEED = 2_026
/** How long a smaller counterexample may be looked for. */
const PATIENCE_MS = 150_000
const WORLDS = 90
const RULES = 80

beforeAll(setUp)

const databases = () => userDatabases(env)
/** The users of a world whose home is one of the databases. */
const idsAt = (world: World, home: number) =>
  world.users.map(({ id }) => id).filter((id) => homeOf(id, databases().length) === home)

/** Puts a world in the place of whatever there was. */
async function write(world: World): Promise<void> {
  await Promise.all(
    databases().map((db) =>
      db.batch(['users', 'events', 'list_members'].map((table) => db.prepare(`DELETE FROM ${table}`))),
    ),
  )
  for (const { createdMs, properties, ...fields } of world.users) {
    // Not written at once, so that what is changed later is seen as it is then.
    const before = { city: 'Gießen', vip: { a: 'ß' }, gone: 'ẞ' }
    await patchUsers(env, [{ id: fields.id, name: 'Größe', properties: before }], createdMs)
    const now = { city: null, vip: null, ...properties, gone: null }
    await patchUsers(env, [{ ...fields, properties: now }], createdMs + 1)
  }
  await Promise.all(
    databases().map((db, home) => {
      const events = world.events.filter(({ userId }) => homeOf(userId, databases().length) === home)
      return db.batch([
        ...insertEventStatements(
          db,
          events.map((event) => ({ event, decisions: null })),
        ),
        ...[...world.lists].map(([id, members]) => listStatement(db, id, members, home)),
      ])
    }),
  )
}

/** Those on a list, and everybody else as having been on it before, which must not matter. */
function listStatement(db: D1Database, id: string, members: ReadonlySet<string>, home: number) {
  const rows = [...members].filter((member) => homeOf(member, databases().length) === home)
  return db
    .prepare(
      `INSERT INTO list_members (list_id, generation, user_id)
       SELECT ?1, 2, value FROM json_each(?2) UNION ALL
       SELECT ?1, 1, id FROM users WHERE id NOT IN (SELECT value FROM json_each(?2))`,
    )
    .bind(id, JSON.stringify(rows))
}

type Row = Record<string, unknown>

function databaseAt(home: number): D1Database {
  const db = databases()[home]
  if (db === undefined) throw new Error('There is no such database')
  return db
}

/** What the rules of a world name, as it is looked up before a rule is asked. */
const namedIn = ({ segments, lists }: World) => ({
  segments,
  generations: new Map([...lists.keys()].map((id) => [id, 2])),
})

/** All users of an estimate: the sample of one holds everybody of a world. */
function everyoneStatement(core: Core, at: { nowMs: number; zone: string }): Statement {
  const estimate = estimateStatement(core, at)
  return {
    ...estimate,
    sql: `SELECT value AS user_id FROM json_each((SELECT sample FROM (${estimate.sql})))`,
  }
}

/** The ways in which a store can be asked whom a rule is true of, each with what it must answer. */
function questionsOf(world: World, home: number, rule: Rule, core: Core) {
  const at = { nowMs: world.nowMs, zone: world.zone }
  const ids = idsAt(world, home)
  expect(ids.length).toBeLessThanOrEqual(SAMPLE)
  const now = ids.filter((id) => matchesRule(world, rule, id))
  // In the middle of what they did, as if that had been the moment to ask.
  const moments = ids.flatMap((userId) => {
    const own = world.events.filter((event) => event.userId === userId)
    const until = own.slice(0, Math.ceil(own.length / 2))
    const eventId = until.at(-1)?.id
    return eventId === undefined ? [] : [{ userId, eventId, past: { ...world, events: until } }]
  })
  const idOf = (subjects: { userId: string }[]) => (row: Row) => subjects[Number(row['n'])]?.userId
  return [
    {
      of: 'everyone',
      statement: everyoneStatement(core, at),
      read: (row: Row) => row['user_id'],
      expected: now,
    },
    {
      of: 'subjects',
      statement: subjectsStatement(core, at, subjectsOf(ids)),
      read: idOf(subjectsOf(ids)),
      expected: now,
    },
    {
      of: 'subjects as of an event',
      statement: subjectsStatement(core, at, moments),
      read: idOf(moments),
      expected: moments
        .filter(({ userId, past }) => matchesRule(past, rule, userId))
        .map(({ userId }) => userId),
    },
  ]
}

const subjectsOf = (ids: string[]): Subject[] => ids.map((userId) => ({ userId, eventId: null }))

/** Asks all rules of one database, in one hop. Answers those that no single statement can ask. */
async function agree(world: World, home: number, asked: { rule: Rule; core: Core }[]): Promise<Rule[]> {
  const db = databaseAt(home)
  const questions = asked.flatMap(({ rule, core }) =>
    questionsOf(world, home, rule, core).map((question) => ({ ...question, rule })),
  )
  const short = questions.filter(({ statement }) => isTaken(statement))
  const statements = short.map(({ statement }) => prepared(db, statement))
  // Should one of them not be understood, they are asked one by one, so that the rule can be named.
  const answers = await db.batch<Row>(statements).catch(() => undefined)
  const left = questions.filter((question) => !short.includes(question)).map(({ rule }) => rule)
  for (const [index, { of, rule, read, expected }] of short.entries()) {
    const answer = answers?.[index] ?? (await statements[index]?.all<Row>().catch(String))
    if (typeof answer === 'string' && answer.includes('Expression tree is too large')) left.push(rule)
    else
      expectAgreement(
        world,
        rule,
        of,
        typeof answer === 'object' ? answer.results.map(read) : [answer],
        expected,
      )
  }
  return left
}

function expectAgreement(world: World, rule: Rule, of: string, found: unknown[], expected: string[]): void {
  if (JSON.stringify(found.sort()) !== JSON.stringify([...expected].sort())) {
    throw new Error(disagreement(world, rule, of, found, expected))
  }
}

/** The same rule, so deep that no statement can ask it whole; an even number of negations changes nothing. */
function padded({ same, ...node }: Rule): Rule {
  let deep = node as RuleNode
  for (let level = 0; level < 100; level++) deep = { not: deep }
  return { ...deep, ...(same === undefined ? {} : { same }) }
}

/** One rule of a world, asked in all the ways that take more than one statement. */
async function agreeAtLength(world: World, rule: Rule): Promise<void> {
  const at = { nowMs: world.nowMs, zone: world.zone }
  const named = namedIn(world)
  const expected = world.users.map(({ id }) => id).filter((id) => matchesRule(world, rule, id))
  const { users, of, sample } = await estimate(env, toCore(rule, named), at)
  expectAgreement(world, rule, 'a sample', sample, expected)
  expect([users, of]).toEqual([expected.length, world.users.length])
  for (const home of databases().keys()) {
    const ids = idsAt(world, home)
    const here = expected.filter((id) => ids.includes(id))
    const bounds = { afterId: '', lastSeq: Number.MAX_SAFE_INTEGER }
    const page = await audiencePage(databaseAt(home), toCore(rule, named), at, bounds)
    const listed = page.users.map(({ id }) => id)
    expectAgreement(world, rule, 'a page', listed, here)
    const long = toCore(padded(rule), named)
    expect(isTaken(subjectsStatement(long, at, subjectsOf(ids)))).toBe(false)
    const places = await matching(databaseAt(home), long, at, subjectsOf(ids))
    expectAgreement(
      world,
      rule,
      'parts',
      [...places].map((place) => ids[place]),
      here,
    )
  }
}

test('SQL is of one mind with a program that looks at one user after the other', {
  timeout: PATIENCE_MS,
}, async () => {
  const seen = { rules: 0, telling: 0 }
  const property = fc.asyncProperty(inquiries(RULES), async ({ world, rules }) => {
    for (const rule of [...rules, ...world.segments.values()]) {
      expect(ruleSchema.safeParse(rule).error, JSON.stringify(rule)).toBeUndefined()
    }
    await write(world)
    const asked = rules.map((rule) => ({ rule, core: toCore(rule, namedIn(world)) }))
    const left = await Promise.all([...databases().keys()].map((home) => agree(world, home, asked)))
    const [long] = rules.toSorted((one, other) => Number('same' in other) - Number('same' in one))
    for (const rule of new Set([long, ...left.flat()]))
      if (rule !== undefined) await agreeAtLength(world, rule)
    seen.rules += rules.length
    seen.telling += rules.filter((rule) => tells(world, rule)).length
  })
  await fc.assert(property, { numRuns: WORLDS, seed: SEED, interruptAfterTimeLimit: PATIENCE_MS })
  console.log(`${seen.rules} rules, of which ${seen.telling} are true of some users and not of others`)
  // Agreement is worth little on rules that are true of all or none.
  expect(seen.rules).toBeGreaterThanOrEqual(2_000)
  expect(seen.telling / seen.rules).toBeGreaterThan(0.4)
})

/** A rule as deep as rules may be: eight groups in each other. */
function deepest(kind: 'mixed' | 'not', part: RuleNode): RuleNode {
  const beside: RuleNode = { did: { event: 'Viewed' } }
  let node: RuleNode = { any: [part, beside] }
  for (let level = 1; level < MAX_DEPTH; level++) {
    node = kind === 'not' ? { not: node } : level % 2 === 0 ? { any: [node] } : { all: [beside, node] }
  }
  return node
}

test('rules are understood however deep they are', async () => {
  const [inquiry] = fc.sample(inquiries(1), { numRuns: 1, seed: SEED })
  if (inquiry === undefined) throw new Error('There is no world')
  const condition: Condition = { property: 'Items[].sku', op: 'before', value: '2026-03-01T00:00:00Z' }
  const leaves: RuleNode[] = [
    { user: condition },
    {
      did: {
        event: 'Charged',
        where: [condition, { property: 'a"[].b', op: 'notIn', value: ['ß', 5, true] }],
        average: { property: 'Items[].price', op: 'between', value: [0, 100] },
      },
    },
  ]
  await write(inquiry.world)
  for (const kind of ['mixed', 'not'] as const) {
    for (const same of ['Product', 'Items[].sku', 'a"[].b']) {
      for (const leaf of leaves) {
        const segments = new Map<string, Rule>()
        let rule: Rule = { ...deepest(kind, leaf), same }
        for (let level = 1; level <= MAX_NESTING; level++) {
          segments.set(`seg_${level}`, rule)
          rule = deepest(kind, { segment: `seg_${level}` })
        }
        rule = { ...rule, same }
        expect(ruleSchema.safeParse(rule).error).toBeUndefined()
        await agreeAtLength({ ...inquiry.world, segments }, rule)
      }
    }
  }
})

function disagreement(world: World, rule: Rule, of: string, found: unknown[], expected: string[]): string {
  const odd = world.users.filter(({ id }) => expected.includes(id) !== found.includes(id))
  const events = world.events.filter(({ userId }) => odd.some(({ id }) => id === userId))
  const segments = [...world.segments]
  const lines = { rule, segments, zone: world.zone, now: new Date(world.nowMs), expected, found, odd, events }
  return `${of}: ${Object.entries(lines)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join('\n')}`
}

test('the conditions of events are the same in a rule and in a trigger', () => {
  fc.assert(
    fc.property(asked, ([properties, condition]) => {
      // As they come in: JSON knows no minus zero.
      const received = JSON.parse(JSON.stringify(properties))
      expect(matches([condition], received)).toBe(conditionHolds(condition, received))
    }),
    { numRuns: 20_000, seed: SEED },
  )
})
