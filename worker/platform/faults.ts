/** The places between two durable steps at which the tests let the program die. */
export type FaultPoint =
  | 'page read'
  | 'decided'
  | 'code taken'
  | 'rows written'
  | 'queued'
  | 'before settling'
  | 'part loaded'
  | 'members replaced'
  | 'sent'
  | 'failures reported'
  | 'outcomes written'
  | 'voucher taken'
  | 'voucher written'

type FaultHook = (point: FaultPoint) => void

let hook: FaultHook | undefined

/** Called between two durable steps. Does nothing, unless a test in the same isolate has set a hook that throws. */
export function faultPoint(point: FaultPoint): void {
  hook?.(point)
}

/** Sets or clears the hook. There is no way here over HTTP, by design: only code in the same isolate can call it. */
export function setFaultHook(next: FaultHook | undefined): void {
  hook = next
}
