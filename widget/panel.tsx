import { Coupons } from './coupons.tsx'
import { zoneName } from './format.ts'
import { Gift, Trouble } from './icons.tsx'
import type { Actions } from './ticket.tsx'
import type { Tray } from './types.ts'
import { usableCount, type View } from './view.ts'
import type { Voice } from './voice.ts'
import { Vouchers } from './vouchers.tsx'
import { Wallets } from './wallets.tsx'

export interface PanelProps {
  view: View
  voice: Voice
  actions: Actions
  floating: boolean
}

/** The whole tray: a panel in the page, or a launcher that opens one over it. */
export function Panel(props: PanelProps) {
  const { view, voice, floating } = props
  return (
    <div class="boon">
      {floating && <Launcher {...props} />}
      {(!floating || view.open) && <Sheet {...props} />}
      <p role="status" class="unseen">
        {view.said || (view.tray || view.failure ? '' : voice.say('loading'))}
      </p>
    </div>
  )
}

function Launcher({ view, voice, actions }: PanelProps) {
  const count = view.tray ? usableCount(view.tray) : 0
  return (
    <button
      type="button"
      part="launcher"
      class={`launcher${view.fresh.size > 0 ? ' fresh' : ''}`}
      aria-expanded={view.open}
      aria-label={count > 0 ? voice.say('openCount', { count }) : voice.say('open')}
      onClick={() => actions.show(!view.open)}
    >
      <Gift />
      {count > 0 && <span class="badge">{count}</span>}
    </button>
  )
}

function Sheet({ view, voice, actions, floating }: PanelProps) {
  return (
    <section
      role={floating ? 'dialog' : undefined}
      tabIndex={-1}
      class="sheet"
      part="panel"
      aria-label={voice.say('title')}
      aria-busy={!view.tray && !view.failure}
    >
      <header>
        <h2>{voice.say('title')}</h2>
        {floating && (
          <button
            type="button"
            class="close"
            aria-label={voice.say('close')}
            onClick={() => actions.show(false)}
          >
            ×
          </button>
        )}
      </header>
      <Body view={view} voice={voice} actions={actions} />
    </section>
  )
}

function Body({ view, voice, actions }: Omit<PanelProps, 'floating'>) {
  const { tray, failure } = view
  if (!tray)
    return failure ? <Failed ended={failure.status === 401} voice={voice} actions={actions} /> : <Skeleton />
  const isEmpty = tray.coupons.length + tray.vouchers.length + tray.wallets.length === 0
  return (
    <>
      {failure && (
        <p class="stale">
          {voice.say('stale')} <Retry voice={voice} actions={actions} />
        </p>
      )}
      {isEmpty && (
        <div class="blank">
          <Gift />
          <p class="name">{voice.say('emptyTitle')}</p>
          <p class="quiet">{voice.say('emptyHint')}</p>
        </div>
      )}
      {tray.wallets.length > 0 && <Wallets wallets={tray.wallets} fresh={view.fresh} voice={voice} />}
      {tray.coupons.length > 0 && (
        <Coupons coupons={tray.coupons} view={view} voice={voice} actions={actions} />
      )}
      {tray.vouchers.length > 0 && (
        <Vouchers vouchers={tray.vouchers} view={view} voice={voice} actions={actions} />
      )}
      {!tray.user && <p class="guest">{voice.say('guest')}</p>}
      {showsTimes(tray) && <p class="quiet zone">{voice.say('zone', { zone: zoneName(voice.reader) })}</p>}
    </>
  )
}

function showsTimes(tray: Tray): boolean {
  return (
    tray.coupons.some((it) => it.expiresAt || it.availableFrom) ||
    tray.vouchers.some((it) => it.expiresAt) ||
    tray.wallets.some((it) => it.expiringNext)
  )
}

function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      <div />
      <div />
      <div />
    </div>
  )
}

function Failed({ ended, voice, actions }: { ended: boolean; voice: Voice; actions: Actions }) {
  return (
    <div class="blank">
      <Trouble />
      <p class="name">{voice.say('failedTitle')}</p>
      <p class="quiet">{voice.say(ended ? 'sessionEnded' : 'failedHint')}</p>
      <Retry voice={voice} actions={actions} />
    </div>
  )
}

function Retry({ voice, actions }: { voice: Voice; actions: Actions }) {
  return (
    <button type="button" class="retry" onClick={actions.retry}>
      {voice.say('retry')}
    </button>
  )
}
