import { type Actions, Ticket } from './ticket.tsx'
import type { TrayVoucher } from './types.ts'
import type { View } from './view.ts'
import type { Voice } from './voice.ts'

interface VouchersProps {
  vouchers: readonly TrayVoucher[]
  view: View
  voice: Voice
  actions: Actions
}

/** The partners' codes that the user holds. */
export function Vouchers({ vouchers, view, voice, actions }: VouchersProps) {
  return (
    <section>
      <h3>{voice.say('vouchers')}</h3>
      <ul>
        {vouchers.map((voucher) => (
          <Ticket
            key={voucher.holdingId}
            headline={voucher.name}
            description={voucher.description}
            code={voucher.code}
            fresh={view.fresh.has(voucher.holdingId)}
            copied={view.copied === voucher.code}
            voice={voice}
            actions={actions}
          >
            {voucher.expiresAt && voice.say('ends', { when: voice.when(voucher.expiresAt) })}
          </Ticket>
        ))}
      </ul>
    </section>
  )
}
