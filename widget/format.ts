import { fill, type Texts } from './texts.ts'
import type { Benefit, Money } from './types.ts'

const hourMs = 3_600_000

/** Whom a date or number is written for: a BCP 47 language, an IANA zone, and the moment it is read. */
export interface Reader {
  lang: string
  zone: string
  nowMs: number
}

/** The first of the given languages that `Intl` accepts; English when none is. */
export function usableLanguage(candidates: readonly (string | null | undefined)[]): string {
  for (const candidate of candidates) {
    try {
      const [language] = Intl.getCanonicalLocales(candidate ?? [])
      if (language !== undefined) return language
    } catch {
      // A page's `lang` is free text; a wrong one must not break the tray.
    }
  }
  return 'en'
}

/** Minor units as money, without decimals when they are all zero: `50000, INR` is ₹500. */
export function money(minor: number, currency: string, lang: string): string {
  const format = new Intl.NumberFormat(lang, {
    style: 'currency',
    currency,
    trailingZeroDisplay: 'stripIfInteger',
  })
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

/** An amount in each of its currencies. */
export function amounts(of: Money, lang: string): string {
  return Object.entries(of)
    .map(([currency, minor]) => money(minor, currency, lang))
    .join(' / ')
}

/** A benefit as a headline and, where it is capped, the cap. */
export function benefitLines(
  benefit: Benefit,
  texts: Texts,
  lang: string,
): { headline: string; cap?: string } {
  const back = benefit.as === 'cashback'
  if (benefit.kind === 'fixed') {
    const amount = amounts(benefit.amount, lang)
    return { headline: fill(back ? texts.amountBack : texts.amountOff, { amount }) }
  }
  const format = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 2 })
  const percent = format.format(benefit.percent / 100)
  const headline = fill(back ? texts.percentBack : texts.percentOff, { percent })
  return benefit.max
    ? { headline, cap: fill(texts.upTo, { amount: amounts(benefit.max, lang) }) }
    : { headline }
}

/** A number of points; wallets have at most three decimals. */
export function points(value: number, lang: string): string {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: 3 }).format(value)
}

/**
 * An RFC 3339 time in the reader's zone. The coming 24 hours are told as a distance, because "in 3 hours" hurries
 * as it should; the year is told only when it is another one.
 */
export function moment(iso: string, reader: Reader): string {
  const at = new Date(iso)
  const leftMs = at.getTime() - reader.nowMs
  if (leftMs > 0 && leftMs < 24 * hourMs) {
    const distance = new Intl.RelativeTimeFormat(reader.lang)
    return leftMs < hourMs
      ? distance.format(Math.max(1, Math.floor(leftMs / 60_000)), 'minute')
      : distance.format(Math.floor(leftMs / hourMs), 'hour')
  }
  const year = (ms: number) =>
    new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: reader.zone }).format(ms)
  const sameYear = year(at.getTime()) === year(reader.nowMs)
  return new Intl.DateTimeFormat(reader.lang, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
    hour: 'numeric',
    minute: '2-digit',
    timeZone: reader.zone,
  }).format(at)
}

/** The name people know the reader's zone by, such as India Standard Time. */
export function zoneName(reader: Reader): string {
  const parts = new Intl.DateTimeFormat(reader.lang, {
    timeZone: reader.zone,
    timeZoneName: 'long',
  }).formatToParts(reader.nowMs)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? reader.zone
}
