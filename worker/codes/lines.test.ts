import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Lines, readLines } from './lines.ts'

/** One line a row: `2 CODE` is a code, `2! blank` a problem. */
function rows({ codes, problems }: Lines): string[] {
  const all = [
    ...codes.map(({ line, code }) => ({ line, row: `${line} ${code}` })),
    ...problems.map(({ line, code }) => ({ line, row: `${line}! ${code}` })),
  ]
  return all.sort((one, other) => one.line - other.line).map(({ row }) => row)
}

test.each<[string, string, string[]]>([
  ['one code a line', 'A1\nB2\n', ['1 A1', '2 B2']],
  ['no line end at the end', 'A1\nB2', ['1 A1', '2 B2']],
  ['CRLF', 'A1\r\nB2\r\n', ['1 A1', '2 B2']],
  ['CR alone', 'A1\rB2\r', ['1 A1', '2 B2']],
  ['a byte-order mark', '\ufeffA1\nB2', ['1 A1', '2 B2']],
  ['a header', 'code\nA1', ['2 A1']],
  ['a header in any case, quoted, after a mark', '\ufeff"Code" \r\nA1', ['2 A1']],
  ['a header only on line 1', 'A1\ncode', ['1 A1', '2 code']],
  ['blanks around a code', '  A1 \n\tB2\u00a0\n', ['1 A1', '2 B2']],
  ['blanks inside', 'BIG SALE', ['1 BIG SALE']],
  ['a quoted column', '"A1"\n "B2" \n" C3 "', ['1 A1', '2 B2', '3 C3']],
  ['a code beyond ASCII', 'dankefür100\n🎁', ['1 dankefür100', '2 🎁']],
  ['an empty file', '', []],
  ['a mark and nothing else', '\ufeff', ['1! blank']],
  ['blank lines', 'A1\n\n  \nB2\n""\n', ['1 A1', '2! blank', '3! blank', '4 B2', '5! blank']],
  ['an empty line before the end', 'A1\n\n', ['1 A1', '2! blank']],
  [
    'a hundred characters',
    `${'x'.repeat(100)}\n${'🎁'.repeat(100)}`,
    [`1 ${'x'.repeat(100)}`, `2 ${'🎁'.repeat(100)}`],
  ],
  [
    'more of them',
    `${'x'.repeat(101)}\n${'🎁'.repeat(101)}\n"${'x'.repeat(101)}"`,
    ['1! too_long', '2! too_long', '3! too_long'],
  ],
  [
    'several columns',
    'A,B\nA;B\nA\tB\nA,\n,A\n"A","B"\n"A" ;x\n,,\n',
    [1, 2, 3, 4, 5, 6, 7, 8].map((line) => `${line}! several_columns`),
  ],
  ['a comma in quotes', '"A,B"', ['1! invalid']],
  ['quotes in a code', '"A""B"\nA"B\n"A\nA"\n"A"B', [1, 2, 3, 4, 5].map((line) => `${line}! invalid`)],
  ['control characters', 'A\u0000B\nA\u0007', ['1! invalid', '2! invalid']],
])('%s', (_, text, expected) => {
  expect(rows(readLines(text, 1))).toEqual(expected)
})

test('a problem shows the line, shortened, and a blank one nothing', () => {
  expect(readLines(` A,B \n\n${'x'.repeat(5_000)}`, 1).problems).toEqual([
    { line: 1, code: 'several_columns', value: 'A,B' },
    { line: 2, code: 'blank' },
    { line: 3, code: 'too_long', value: 'x'.repeat(100) },
  ])
})

test('a later part counts on, and its first line is no header', () => {
  const part = readLines('code\nB2\n', 500_001)
  expect(rows(part)).toEqual(['500001 code', '500002 B2'])
  expect(part.nextLine).toBe(500_003)
})

test('a file reads the same wherever it is cut after a line end', () => {
  const text = fc.string({
    unit: fc.constantFrom('A', 'b', '\r', '\n', '\r\n', ',', '"', ' ', 'code', '🎁', '\ufeff'),
  })
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 3 }), (file, size) => {
      const rowsOfFile = file.match(/[^\r\n]*(?:\r\n|\n|\r|$)/g) ?? []
      const parts = []
      for (let at = 0; at < rowsOfFile.length; at += size)
        parts.push(rowsOfFile.slice(at, at + size).join(''))
      let firstLine = 1
      const read = parts.flatMap((part) => {
        const lines = readLines(part, firstLine)
        firstLine = lines.nextLine
        return rows(lines)
      })
      expect(read).toEqual(rows(readLines(file, 1)))
    }),
    { numRuns: 1_000 },
  )
})

test('a million lines', () => {
  const lines = readLines(Array.from({ length: 1_000_000 }, (_, index) => `CODE-${index}\r\n`).join(''), 1)
  expect([lines.codes.length, lines.codes.at(-1), lines.nextLine]).toEqual([
    1_000_000,
    { line: 1_000_000, code: 'CODE-999999' },
    1_000_001,
  ])
})
