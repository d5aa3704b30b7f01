import { benefitLines } from './format.ts'
import { type Actions, Ticket } from './ticket.tsx'
import type { TrayCoupon } from './types.ts'
import { couponKey, type View } from './view.ts'
import type { Voice } from './voice.ts'

interface CouponsProps {
  coupons: readonly TrayCoupon[]
  view: View
  voice: Voice
  actions: Actions
}

/** The coupons to use, the newest news first and otherwise as the API orders them; spent ones are folded away. */
export function Coupons({ coupons, view, voice, actions }: CouponsProps) {
  const isFresh = (coupon: TrayCoupon) => view.fresh.has(couponKey(coupon))
  const spent = coupons.filter((it) => it.state === 'used' || it.state === 'expired')
  const current = coupons
    .filter((it) => !spent.includes(it))
    .sort((a, b) => Number(isFresh(b)) - Number(isFresh(a)))
  return (
    <section>
      <h3>{voice.say('coupons')}</h3>
      {current.length > 0 && (
        <ul>
          {current.map((coupon) => {
            const { headline, cap } = benefitLines(coupon.benefit, voice.texts, voice.reader.lang)
            return (
              <Ticket
                key={couponKey(coupon)}
                headline={headline}
                cap={cap}
                name={coupon.name}
                description={coupon.description}
                terms={coupon.terms}
                code={coupon.code}
                fresh={isFresh(coupon)}
                locked={coupon.state === 'locked'}
                copied={view.copied === coupon.code}
                voice={voice}
                actions={actions}
              >
                {facts(coupon, voice).join(' · ')}
              </Ticket>
            )
          })}
        </ul>
      )}
      {spent.length > 0 && <Spent coupons={spent} voice={voice} />}
    </section>
  )
}

function facts(coupon: TrayCoupon, voice: Voice): string[] {
  const { state, availableFrom, expiresAt, usesLeft, note } = coupon
  const lines: string[] = []
  if (state === 'locked')
    lines.push(availableFrom ? voice.say('opens', { when: voice.when(availableFrom) }) : voice.say('locked'))
  if (expiresAt) lines.push(voice.say('ends', { when: voice.when(expiresAt) }))
  if (usesLeft) lines.push(voice.say(usesLeft === 1 ? 'usesLeftOne' : 'usesLeft', { count: usesLeft }))
  if (note) lines.push(note)
  return lines
}

function Spent({ coupons, voice }: { coupons: readonly TrayCoupon[]; voice: Voice }) {
  return (
    <details class="spent">
      <summary>{voice.say('folded', { count: coupons.length })}</summary>
      <ul>
        {coupons.map((coupon) => (
          <li key={couponKey(coupon)}>
            <span>
              {coupon.name} <code>{coupon.code}</code>
            </span>
            <span>
              {coupon.state === 'expired' && coupon.expiresAt
                ? voice.say('ended', { when: voice.when(coupon.expiresAt) })
                : voice.say(coupon.state === 'expired' ? 'expired' : 'used')}
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}
