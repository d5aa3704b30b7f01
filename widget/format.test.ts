import { describe, expect, it } from 'vitest'
import { benefitLines, moment, money, points, type Reader, usableLanguage, zoneName } from './format.ts'
import { english } from './texts.ts'
import type { Benefit } from './types.ts'

const india: Reader = { lang: 'en-IN', zone: 'Asia/Kolkata', nowMs: Date.parse('2026-11-30T10:00:00.000Z') }

describe('money', () => {
  it.each([
    [50_000, 'INR', '₹500'],
    [50_050, 'INR', '₹500.50'],
    [12_345_600, 'INR', '₹1,23,456'],
    [500, 'JPY', 'JP¥500'],
    [1_500, 'KWD', 'KWD 1.500'],
  ])('writes %i minor units of %s as %s', (minor, currency, text) => {
    expect(money(minor, currency, 'en-IN').replace(/\u00a0/g, ' ')).toBe(text)
  })
})

describe('benefit', () => {
  const table: [Benefit, string, string | undefined][] = [
    [{ kind: 'percentage', percent: 20, max: { INR: 20_000 } }, '20% off', 'up to ₹200'],
    [{ kind: 'percentage', percent: 12.5, max: null }, '12.5% off', undefined],
    [{ kind: 'percentage', percent: 5, as: 'cashback' }, '5% back', undefined],
    [{ kind: 'fixed', amount: { INR: 15_000, EUR: 250 } }, '₹150 / €2.50 off', undefined],
    [{ kind: 'fixed', amount: { INR: 15_000 }, as: 'cashback' }, '₹150 back', undefined],
  ]
  it.each(table)('%j is "%s"', (benefit, headline, cap) => {
    const lines = benefitLines(benefit, english, 'en-IN')
    expect([lines.headline, lines.cap]).toEqual([headline, cap])
  })
})

describe('moment', () => {
  it.each([
    ['2026-11-30T10:00:01.000Z', 'in 1 minute'],
    ['2026-11-30T10:59:59.000Z', 'in 59 minutes'],
    ['2026-11-30T11:00:00.000Z', 'in 1 hour'],
    ['2026-12-01T09:59:59.000Z', 'in 23 hours'],
    ['2026-12-01T10:00:00.000Z', 'Tue, 1 Dec, 3:30 pm'],
    ['2026-11-30T09:59:59.000Z', 'Mon, 30 Nov, 3:29 pm'],
    // Already the new year in India, still the old one in UTC.
    ['2026-12-31T19:00:00.000Z', 'Fri, 1 Jan, 2027, 12:30 am'],
  ])('%s is "%s"', (iso, text) => {
    expect(moment(iso, india).replace(/\u202f/g, ' ')).toBe(text)
  })

  it('names the zone it writes in', () => {
    expect(zoneName(india)).toBe('India Standard Time')
  })
})

describe('points and languages', () => {
  it('groups and keeps at most three decimals', () => {
    expect([points(123_456, 'en-IN'), points(-0.125, 'en')]).toEqual(['1,23,456', '-0.125'])
  })

  it('passes over languages that are none', () => {
    expect([usableLanguage(['not a tag', null, 'hi-in']), usableLanguage(['', '?'])]).toEqual(['hi-IN', 'en'])
  })
})
