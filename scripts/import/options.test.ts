import { describe, expect, test } from 'vitest'
import { importOptions } from './options.ts'

const BASE = ['f.csv', '--user', 'u', '--time', 't']

describe('arguments of the import', () => {
  test('defaults', () => {
    expect(importOptions(BASE)).toEqual({
      file: 'f.csv',
      mapping: { user: 'u', time: 't', name: { always: 'Charged' }, properties: [], zone: 'UTC' },
      url: 'http://localhost:8787',
      key: 'sk_local_boon',
      errors: 'f.csv.errors.csv',
      concurrency: 2,
    })
  })

  test.each([
    ['Amount=total:number', { name: 'Amount', column: 'total', type: 'number' }],
    ['Payment Mode=method', { name: 'Payment Mode', column: 'method', type: 'text' }],
    ['price:number', { name: 'price', column: 'price', type: 'number' }],
    ['Gift=is:gift:boolean', { name: 'Gift', column: 'is:gift', type: 'boolean' }],
    ['Odd=a=b', { name: 'Odd', column: 'a=b', type: 'text' }],
  ])('--property %s', (argument, expected) => {
    expect(importOptions([...BASE, '--property', argument])).toMatchObject({
      mapping: { properties: [expected] },
    })
  })

  test.each([
    [[], /Which file/],
    [['f', 'g', '--user', 'u', '--time', 't'], /One file/],
    [['f', '--time', 't'], /--user is missing/],
    [['f', '--user', 'u'], /--time is missing/],
    [[...BASE, '--usr', 'x'], /--usr/],
    [[...BASE, '--name', 'a', '--name-column', 'b'], /exclude/],
    [[...BASE, '--errors', './f.csv'], /overwrite/],
    [[...BASE, '--property', 'A=x', '--property', 'A=y'], /twice/],
    [[...BASE, '--property', '=x'], /empty/],
    [[...BASE, '--url', 'localhost:8787'], /http/],
    [[...BASE, '--concurrency', 'many'], /concurrency/],
  ])('refuses %j', (args, message) => {
    expect(() => importOptions(args)).toThrow(message)
  })
})
