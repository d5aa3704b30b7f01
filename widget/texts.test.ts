import { describe, expect, it } from 'vitest'
import { english, fill, parseTexts, withTexts } from './texts.ts'

describe('texts', () => {
  it('fills in values and leaves a place without one as it is', () => {
    expect(fill('{count} of {total} left', { count: 0 })).toBe('0 of {total} left')
  })

  it('never reads a value from the prototype', () => {
    expect(fill('{constructor}', {})).toBe('{constructor}')
  })

  it('takes known texts over the English ones and nothing else', () => {
    const texts = withTexts({ copy: 'Kopieren', copi: 'typo', retry: 7 })
    expect(texts).toEqual({ ...english, copy: 'Kopieren' })
  })

  it.each([null, '', 'not json', '[]', '7', 'null'])('reads the attribute %j as no override', (attribute) => {
    expect(withTexts(parseTexts(attribute))).toEqual(english)
  })
})
