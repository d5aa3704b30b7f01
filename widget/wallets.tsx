import { points } from './format.ts'
import type { TrayWallet } from './types.ts'
import type { Voice } from './voice.ts'

interface WalletsProps {
  wallets: readonly TrayWallet[]
  fresh: ReadonlySet<string>
  voice: Voice
}

/** The balances: what can be spent, what is promised, and what is lost next if it is not spent. */
export function Wallets({ wallets, fresh, voice }: WalletsProps) {
  const { lang } = voice.reader
  return (
    <section>
      <h3>{voice.say('wallets')}</h3>
      <ul>
        {wallets.map((wallet) => (
          <li
            key={wallet.walletId}
            class={`wallet${fresh.has(wallet.walletId) ? ' fresh' : ''}`}
            part="wallet"
          >
            <p class="name">
              {wallet.name}
              {fresh.has(wallet.walletId) && <span class="tag">{voice.say('fresh')}</span>}
            </p>
            <p class="balance">
              {points(wallet.active, lang)} <small>{wallet.pointsName}</small>
            </p>
            {wallet.promised > 0 && (
              <p class="quiet">{voice.say('promised', { points: points(wallet.promised, lang) })}</p>
            )}
            {wallet.expiringNext && (
              <p class="quiet">
                {voice.say('expiring', {
                  points: points(wallet.expiringNext.points, lang),
                  when: voice.when(wallet.expiringNext.at),
                })}
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
