import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Column, type Identities, readIdentities } from './identities.ts'

/** One line a row: `2 u1` is a value, `2! blank` a problem. */
function rows({ values, problems }: Identities): string[] {
  const all = [
    ...values.map(({ line, value }) => ({ line, row: `${line} ${value}` })),
    ...problems.map(({ line, code }) => ({ line, row: `${line}! ${code}` })),
  ]
  return all.sort((one, other) => one.line - other.line).map(({ row }) => row)
}

test.each<[string, string, string[]]>([
  ['one user id a line', 'u1\nu2\n', ['1 u1', '2 u2']],
  ['no line end at the end', 'u1\nu2', ['1 u1', '2 u2']],
  ['CRLF', 'u1\r\nu2\r\n', ['1 u1', '2 u2']],
  ['CR alone', 'u1\ru2\r', ['1 u1', '2 u2']],
  ['a byte-order mark', '\ufeffu1\nu2', ['1 u1', '2 u2']],
  ['a header behind a mark, quoted, in another case', '\ufeff"USERID" \r\nu1', ['2 u1']],
  ['a header only on line 1', 'u1\nuserId', ['1 u1', '2 userId']],
  ['a header of another name is an id', 'id\nu1', ['1 id', '2 u1']],
  ['blanks around', '  u1 \n\tu2\u00a0\n"u3" \n " u4 "', ['1 u1', '2 u2', '3 u3', '4 u4']],
  ['what ids may hold', 'a b\n"a,b"\n"a""b"\na"b\nü😀', ['1 a b', '2 a,b', '3 a"b', '4 a"b', '5 ü😀']],
  ['an empty file', '', []],
  ['a mark and nothing else', '\ufeff', ['1! blank']],
  [
    'blank lines',
    'u1\n\n  \n""\n"  "\nu2\n\n',
    ['1 u1', '2! blank', '3! blank', '4! blank', '5! blank', '6 u2', '7! blank'],
  ],
  [
    'several columns',
    'u1,x\nu1;x\nu1\tx\nu1,\n,u1\n"u1","x"\n"u1" ;x\n"a;b"\t1\n,,\n',
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((line) => `${line}! several_columns`),
  ],
  ['broken quotes', '"u1\nu1"\n"u1"x\n', ['1! invalid', '2 u1"', '3! invalid']],
  ['control characters and halves', 'a\u0000b\na\u0007\na\ud83d', ['1! invalid', '2! invalid', '3! invalid']],
  [
    'long ones',
    `${'x'.repeat(128)}\n${'x'.repeat(129)}\n"${'x'.repeat(129)}"\n${'"'.repeat(9_000)}`,
    [`1 ${'x'.repeat(128)}`, '2! too_long', '3! too_long', '4! too_long'],
  ],
])('%s', (_, text, expected) => {
  expect(rows(readIdentities(text, 1))).toEqual(expected)
})

describe('a header', () => {
  test.each<[string, Column]>([
    ['email', { kind: 'email', index: 0, separator: null }],
    [' Phone ', { kind: 'phone', index: 0, separator: null }],
    ['name,email', { kind: 'email', index: 1, separator: ',' }],
    ['phone;EMAIL;userid', { kind: 'userId', index: 2, separator: ';' }],
    ['phone\t"E-Mail"\t"Email"', { kind: 'email', index: 2, separator: '\t' }],
    ['"name, first","email"', { kind: 'email', index: 1, separator: ',' }],
    ['email,', { kind: 'email', index: 0, separator: ',' }],
    ['name,city', { kind: 'userId', index: 0, separator: null }],
    ['e-mail', { kind: 'userId', index: 0, separator: null }],
  ])('%j', (header, column) => {
    expect(readIdentities(`${header}\n`, 1).column).toEqual(column)
  })

  test('takes its column of every line, whatever stands in the others', () => {
    const text = [
      'name,email,notes',
      'Ann,ann@x.example,"likes, commas"',
      ' "Bob" , bob@x.example ,',
      'Cid',
      'Dee,',
      '"Eve',
      ',fay@x.example',
      ',,',
      `Gus,${'g'.repeat(321)}`,
      `${'H'.repeat(9_000)},hal@x.example;`,
    ]
    expect(rows(readIdentities(text.join('\n'), 1))).toEqual([
      '2 ann@x.example',
      '3 bob@x.example',
      '4! blank',
      '5! blank',
      '6! invalid',
      '7 fay@x.example',
      '8! blank',
      '9! too_long',
      '10 hal@x.example;',
    ])
  })

  test('of one column allows no others; tabs between columns are no blanks', () => {
    expect(rows(readIdentities('email\na@x.example,b', 1))).toEqual(['2! several_columns'])
    expect(rows(readIdentities('a\tphone\n\t1\n \t"2"\n1\t 3 ', 1))).toEqual(['2 1', '3 2', '4 3'])
    expect(rows(readIdentities(`phone\n${'1'.repeat(33)}`, 1))).toEqual(['2! too_long'])
  })
})

test('a problem shows the line, shortened, but never who somebody is by e-mail or phone', () => {
  const long = 'x'.repeat(5_000)
  expect(readIdentities(` a,b \n\n${long}\n${'😀'.repeat(150)}`, 1).problems).toEqual([
    { line: 1, code: 'several_columns', value: 'a,b' },
    { line: 2, code: 'blank' },
    { line: 3, code: 'too_long', value: 'x'.repeat(100) },
    { line: 4, code: 'too_long', value: '😀'.repeat(100) },
  ])
  expect(readIdentities(`email\na@x.example;\n${long}`, 1).problems).toEqual([
    { line: 2, code: 'several_columns' },
    { line: 3, code: 'too_long' },
  ])
})

test('a file reads the same wherever it is cut after a line end', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      'B',
      '\r',
      '\n',
      '\r\n',
      ',',
      ';',
      '"',
      ' ',
      '\t',
      'email',
      'userId',
      '😀',
      '\ufeff',
    ),
  })
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 3 }), (file, size) => {
      const rowsOfFile = file.match(/[^\r\n]*(?:\r\n|\n|\r|$)/g) ?? []
      let firstLine = 1
      let column: Column | undefined
      const read: string[] = []
      for (let at = 0; at < rowsOfFile.length; at += size) {
        const part = readIdentities(rowsOfFile.slice(at, at + size).join(''), firstLine, column)
        firstLine = part.nextLine
        column = part.column
        read.push(...rows(part))
      }
      expect(read).toEqual(rows(readIdentities(file, 1)))
    }),
    { numRuns: 1_000 },
  )
})

test('a million lines', () => {
  const text = Array.from({ length: 1_000_000 }, (_, index) => `user-${index}\r\n`).join('')
  const read = readIdentities(text, 1)
  expect([read.values.length, read.values.at(-1), read.nextLine]).toEqual([
    1_000_000,
    { line: 1_000_000, value: 'user-999999' },
    1_000_001,
  ])
})
