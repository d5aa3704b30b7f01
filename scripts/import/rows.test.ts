import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRows } from './rows.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boon-rows-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function rowsOf(content: string | Buffer): Promise<[number, ...string[]][]> {
  const path = join(folder, 'file')
  writeFileSync(path, content)
  const rows: [number, ...string[]][] = []
  for await (const { line, cells } of readRows(path)) rows.push([line, ...cells])
  return rows
}

describe('rows of a file', () => {
  test('columns lined up with blanks, CRLF, leading blanks', async () => {
    expect(
      await rowsOf(' id  date amount\r\n 00001 19970101   11.77\r\n\r\n 00002 19970112   12.00'),
    ).toEqual([
      [1, 'id', 'date', 'amount'],
      [2, '00001', '19970101', '11.77'],
      [4, '00002', '19970112', '12.00'],
    ])
  })

  test('CSV: quotes, breaks inside them, blank lines, a byte-order mark', async () => {
    expect(await rowsOf('\ufeffid,note\r\n1,"a, ""b""\r\nc"\r\n\r\n 2 , d\n3,"e"\r\n')).toEqual([
      [1, 'id', 'note'],
      [2, '1', 'a, "b"\r\nc'],
      [5, '2', 'd'],
      [6, '3', 'e'],
    ])
  })

  test('a blank before a quote', async () => {
    expect(await rowsOf('"id", "note"\n"1", "a ""b"""\n')).toEqual([
      [1, 'id', 'note'],
      [2, '1', 'a "b"'],
    ])
  })

  test.each([
    ['a;b\n1;2,5\n', '1', '2,5'],
    ['a\tb\n1\t2 3\n', '1', '2 3'],
    ['a|b\r1|2\r', '1', '2'],
    ['a\t\tb\n1\t\t2\n', '1', '2'],
  ])('finds the delimiter of %j', async (content, first, second) => {
    expect(await rowsOf(content)).toEqual([
      [1, 'a', 'b'],
      [2, first, second],
    ])
  })

  test('characters cut by a chunk stay whole', async () => {
    const note = 'é€😀'.repeat(40_000)
    expect((await rowsOf(`id,note\nx1,${note}\n`))[1]).toEqual([2, 'x1', note])
  })

  test.each([
    ['', /empty/],
    ['onlyone\n1\n', /one column/],
    [Buffer.from('a,b\n', 'utf16le').fill('\ufeff', 0, 2, 'utf16le'), /UTF-16/],
    [`a,b\n1,2\n"3,4\n${'5,6\n'.repeat(1_500_000)}`, /line 3 does not end/],
  ])('refuses what is no table', async (content, message) => {
    await expect(rowsOf(content)).rejects.toThrow(message)
  })
})
