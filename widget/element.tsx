import { render } from 'preact'
import { type Access, readTray, sendEvents, TrayError } from './client.ts'
import { copyText } from './clipboard.ts'
import { usableLanguage } from './format.ts'
import { Panel } from './panel.tsx'
import { parseTexts, type Texts, withTexts } from './texts.ts'
import css from './tray.css'
import type { EventsAnswer, GrantedDecision, TrackedEvent, Tray } from './types.ts'
import { blank, keysOfGrants, namesOf, type View, whatIsNew } from './view.ts'
import { makeVoice } from './voice.ts'
import { type Watch, watch } from './watch.ts'

const copiedMs = 2_000

// Taken while the script runs: afterwards the browser no longer says which script it was.
const script = document.currentScript
const home = script instanceof HTMLScriptElement && script.src ? new URL(script.src).origin : location.origin

// A constructed sheet is the one kind of style that a page's content policy has nothing against.
const sheet = new CSSStyleSheet()
sheet.replaceSync(css)

const accessAttributes = ['key', 'token', 'endpoint']

/**
 * `<boon-tray key="pk_…" token="…">`: what one user has, kept current while it can be seen.
 *
 * Attributes: `key` (publishable; nothing is read without it), `token` (absent: a guest), `endpoint` (the API's
 * origin, when it is not the script's), `placement` (`inline` or `floating`), `lang`, `texts` (JSON over the English).
 * Fires `boon:granted` with the granted decisions of what was tracked, and `boon:error` with `{ status, code }`.
 */
export class BoonTray extends HTMLElement {
  static readonly observedAttributes = [...accessAttributes, 'placement', 'lang', 'texts']

  #root = this.attachShadow({ mode: 'open' })
  #view: View = blank
  #texts: Partial<Texts> = {}
  #watch: Watch | undefined
  #reading: AbortController | undefined
  #copiedTimer: ReturnType<typeof setTimeout> | undefined
  #accessChanged = false

  constructor() {
    super()
    this.#root.adoptedStyleSheets = [sheet]
    this.#root.addEventListener('keydown', (event) => {
      if (event instanceof KeyboardEvent && event.key === 'Escape' && this.#view.open) this.#setOpen(false)
    })
  }

  /** Texts that replace the English ones; they win over the `texts` attribute. */
  get texts(): Partial<Texts> {
    return this.#texts
  }

  set texts(texts: Partial<Texts>) {
    this.#texts = texts
    this.#paint()
  }

  connectedCallback(): void {
    // Texts set before the script had run are a plain property, in the way of the accessor.
    if (Object.hasOwn(this, 'texts')) {
      const { texts } = this
      Reflect.deleteProperty(this, 'texts')
      this.texts = texts
    }
    this.#watch = watch(this, () => this.refresh())
    this.#paint()
  }

  disconnectedCallback(): void {
    this.#watch?.stop()
    this.#watch = undefined
    this.#forget()
    render(null, this.#root)
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected) return
    const isAccess = accessAttributes.includes(name)
    // Another user's things must be gone before anything else happens, the new ones may take their time.
    if (isAccess) this.#forget()
    this.#paint()
    if (!isAccess || this.#accessChanged) return
    this.#accessChanged = true
    // A page that changes key and token together should cause one reading, not two.
    queueMicrotask(() => {
      this.#accessChanged = false
      if (this.#watch?.seen) this.refresh()
    })
  }

  /** Reads the tray again. Never rejects: what went wrong is shown, and told by `boon:error`. */
  async refresh(): Promise<void> {
    const access = this.#access()
    if (!access || !this.isConnected) return
    this.#reading?.abort()
    const reading = new AbortController()
    this.#reading = reading
    try {
      const tray = await readTray(access, reading.signal)
      if (this.#reading === reading) this.#received(tray)
    } catch (error) {
      if (this.#reading === reading) this.#failed(error)
    }
  }

  /**
   * Reports what the user did, then reads the tray again and points out what was earned. Answers the decisions;
   * rejects with a TrayError when the events could not be delivered.
   */
  async track(events: readonly TrackedEvent[]): Promise<EventsAnswer> {
    const access = this.#access()
    if (!access) throw new TrayError(0, 'no_key', 'The tray has no key yet.')
    const answer = await sendEvents(access, events)
    const granted = answer.decisions.filter(
      (decision): decision is GrantedDecision => decision.outcome === 'granted' && !decision.grant.replayed,
    )
    // Whoever is here by now must not be told what somebody else earned.
    const isNews = granted.length > 0 && access.token === this.getAttribute('token')
    if (isNews) this.#view = { ...this.#view, fresh: new Set(keysOfGrants(granted)) }
    await this.refresh()
    if (isNews) this.#tell('boon:granted', granted)
    return answer
  }

  #access(): Access | undefined {
    const key = this.getAttribute('key')
    const endpoint = (this.getAttribute('endpoint') ?? home).replace(/\/+$/, '')
    return key ? { endpoint, key, token: this.getAttribute('token') } : undefined
  }

  #received(tray: Tray): void {
    const news = whatIsNew(this.#view.tray, tray)
    this.#watch?.settled(true)
    this.#show({ tray, failure: undefined, ...(news.size > 0 ? { fresh: news } : {}) })
    if (news.size > 0) this.#say(this.#voice().say('freshSaid', { names: namesOf(tray, news).join(', ') }))
  }

  #failed(error: unknown): void {
    const failure = error instanceof TrayError ? error : new TrayError(0, 'unreadable', String(error))
    this.#watch?.settled(false)
    if (!this.#view.failure) this.#say(this.#voice().texts[this.#view.tray ? 'stale' : 'failedTitle'])
    // An ended session may mean that somebody else sits here now; a lost line does not.
    this.#show({ failure, ...(failure.status === 401 ? { tray: undefined } : {}) })
    this.#tell('boon:error', { status: failure.status, code: failure.code })
  }

  async #copy(code: string, source: Node | null): Promise<void> {
    const isCopied = await copyText(code, source)
    this.#say(this.#voice().say(isCopied ? 'copiedCode' : 'copyFailed', { code }))
    if (!isCopied || !this.isConnected) return
    this.#show({ copied: code })
    clearTimeout(this.#copiedTimer)
    this.#copiedTimer = setTimeout(() => this.#show({ copied: undefined }), copiedMs)
  }

  #setOpen(open: boolean): void {
    this.#show(open ? { open } : { open, fresh: new Set() })
    this.#focus(open ? '.sheet' : '.launcher')
  }

  #retry(): void {
    this.#show({ failure: undefined })
    // The button has just gone; the keyboard should not be left nowhere.
    this.#focus('.sheet')
    this.refresh()
  }

  #focus(selector: string): void {
    this.#root.querySelector<HTMLElement>(selector)?.focus()
  }

  #forget(): void {
    this.#reading?.abort()
    this.#reading = undefined
    clearTimeout(this.#copiedTimer)
    this.#view = { ...blank, open: this.#view.open && this.isConnected }
  }

  #say(text: string): void {
    // The same words twice would be no change, and not be read out again.
    this.#show({ said: text === this.#view.said ? `${text}\u00a0` : text })
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }

  #show(change: Partial<View>): void {
    this.#view = { ...this.#view, ...change }
    this.#paint()
  }

  #voice() {
    const lang = usableLanguage([this.closest<HTMLElement>('[lang]')?.lang, navigator.language])
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
    const texts = withTexts({ ...Object(parseTexts(this.getAttribute('texts'))), ...this.#texts })
    return makeVoice(texts, { lang, zone: timeZone, nowMs: Date.now() })
  }

  #paint(): void {
    if (!this.isConnected) return
    const actions = {
      copy: (code: string, source: Node | null) => void this.#copy(code, source),
      retry: () => this.#retry(),
      show: (open: boolean) => this.#setOpen(open),
    }
    const floating = this.getAttribute('placement') === 'floating'
    render(
      <Panel view={this.#view} voice={this.#voice()} actions={actions} floating={floating} />,
      this.#root,
    )
  }
}
