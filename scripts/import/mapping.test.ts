import { describe, expect, test } from 'vitest'
import { type Mapping, rowMapper } from './mapping.ts'

const HEADER = ['user', 'day', 'amount', 'gift', 'note']
const MAPPING: Mapping = {
  user: 'user',
  time: 'day',
  name: { always: 'Charged' },
  properties: [
    { name: 'Amount', column: 'amount', type: 'number' },
    { name: 'Gift', column: 'gift', type: 'boolean' },
    { name: 'Note', column: 'note', type: 'text' },
  ],
  zone: 'UTC',
}
const ROW = ['u1', '20260102', '12.50', 'yes', 'hello']

function map(rows: string[][], mapping = MAPPING, header = HEADER) {
  const mapper = rowMapper(header, mapping)
  return rows.map((cells, at) => mapper({ line: at + 2, cells }))
}

function idsOf(rows: string[][], mapping = MAPPING, header = HEADER) {
  return map(rows, mapping, header).map((mapped) =>
    'event' in mapped ? mapped.event.id : mapped.problem.code,
  )
}

describe('a row as an event', () => {
  test('takes the named columns, each as its type', () => {
    expect(map([ROW])).toEqual([
      {
        event: {
          id: expect.stringMatching(/^row-[0-9a-f]{32}-1$/),
          userId: 'u1',
          name: 'Charged',
          timestamp: '2026-01-02T12:00:00.000Z',
          properties: { Amount: 12.5, Gift: true, Note: 'hello' },
        },
      },
    ])
  })

  test('leaves out what is empty', () => {
    expect(map([['u1', '20260102', '', '', '']])).toMatchObject([{ event: { properties: {} } }])
  })

  test('takes name and id from columns', () => {
    const mapping = { ...MAPPING, name: { column: 'note' }, id: 'amount', properties: [] }
    expect(map([ROW], mapping)).toMatchObject([{ event: { id: '12.50', name: 'hello' } }])
  })

  test.each([
    [['', '20260102', '1', '', ''], 'user_missing'],
    [['u'.repeat(129), '20260102', '1', '', ''], 'user_too_long'],
    [['u1', 'soon', '1', '', ''], 'time_unreadable'],
    [['u1', '20260102', '1,5', '', ''], 'not_a_number'],
    [['u1', '20260102', 'NaN', '', ''], 'not_a_number'],
    [['u1', '20260102', '0x10', '', ''], 'not_a_number'],
    [['u1', '20260102', '1e999', '', ''], 'number_too_large'],
    [['u1', '20260102', '2053013552326770905', '', ''], 'number_too_large'],
    [['u1', '20260102', '1', 'maybe', ''], 'not_a_boolean'],
    [['u1', '20260102', '1', '', 'caf\ufffd'], 'not_utf8'],
    [['u1', '20260102', '1'], 'wrong_columns'],
  ])('refuses %j: %s', (cells, code) => {
    expect(map([cells])).toEqual([{ problem: { line: 2, code, message: expect.any(String) } }])
  })

  test.each([
    [{ ...MAPPING, user: 'customer' }, /No column "customer". The file has: user, day/],
    [{ ...MAPPING, zone: 'Mars/Olympus' }, /Mars/],
  ])('refuses what the header lacks', (mapping, message) => {
    expect(() => rowMapper(HEADER, mapping)).toThrow(message)
  })

  test('refuses a column that stands twice', () => {
    expect(() => rowMapper([...HEADER, 'user'], MAPPING)).toThrow(/twice/)
  })
})

describe('ids made of content', () => {
  test('equal rows are different events', () => {
    const [first, second, third] = idsOf([ROW, ROW, ROW])
    expect(new Set([first, second, third]).size).toBe(3)
  })

  test('a second run gives the same ids, wherever the rows stand', () => {
    const other = ['u2', ...ROW.slice(1)]
    const [a1, b, a2] = idsOf([ROW, other, ROW])
    expect(idsOf([other, ROW, ROW])).toEqual([b, a1, a2])
  })

  test('moved columns and further properties give the same ids, another name does not', () => {
    const ids = idsOf([ROW])
    expect(idsOf([ROW.toReversed()], MAPPING, HEADER.toReversed())).toEqual(ids)
    expect(idsOf([ROW], { ...MAPPING, properties: [] })).toEqual(ids)
    expect(idsOf([ROW], { ...MAPPING, name: { always: 'Viewed' } })).not.toEqual(ids)
  })
})
