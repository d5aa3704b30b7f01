import type { ComponentChildren } from 'preact'
import type { Voice } from './voice.ts'

/** What a click in the panel asks of the element. */
export interface Actions {
  copy(code: string, source: Node | null): void
  retry(): void
  show(open: boolean): void
}

interface TicketProps {
  headline: string
  cap?: string | undefined
  name?: string | undefined
  description?: string | null | undefined
  terms?: string | null | undefined
  code: string
  fresh: boolean
  locked?: boolean
  copied: boolean
  voice: Voice
  actions: Actions
  /** When it opens or ends, how often it can be used: one line under the code. */
  children?: ComponentChildren
}

/** One code to use, with what it gives above the perforation and how to use it below. */
export function Ticket(props: TicketProps) {
  const { voice, actions, code, copied } = props
  const copy = (event: Event) => {
    const button = event.currentTarget
    actions.copy(code, button instanceof Element ? button.previousElementSibling : null)
  }
  return (
    <li class={`ticket${props.fresh ? ' fresh' : ''}${props.locked ? ' locked' : ''}`} part="ticket">
      <div class="gives">
        <p class="headline">
          {props.headline}
          {props.cap && <small> {props.cap}</small>}
          {props.fresh && <span class="tag">{voice.say('fresh')}</span>}
        </p>
        {props.name && <p class="name">{props.name}</p>}
        {props.description && <p class="quiet">{props.description}</p>}
      </div>
      <div class="takes">
        <div class="row">
          <code part="code">{code}</code>
          <button type="button" class="copy" part="copy" onClick={copy}>
            {voice.say(copied ? 'copied' : 'copy')}
            <span class="unseen"> {voice.say('copyCode', { code })}</span>
          </button>
        </div>
        {props.children && <p class="quiet">{props.children}</p>}
        {props.terms && (
          <details>
            <summary>{voice.say('terms')}</summary>
            <p class="quiet">{props.terms}</p>
          </details>
        )}
      </div>
    </li>
  )
}
