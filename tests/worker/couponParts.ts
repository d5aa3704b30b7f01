import { now } from '../../worker/platform/clock.ts'
import { call, ok, PUBLISHABLE_KEY } from './boon.ts'

/** An hour, in milliseconds. */
export const HOUR = 3_600_000

/** What the coupons of these tests take off. */
export const benefit = { kind: 'percentage', percent: 10 }

/** A single coupon for everyone, unless told otherwise. */
export const definition = (more: object = {}) => ({
  name: 'C',
  audience: 'everyone',
  kind: 'single',
  code: 'CODE',
  effect: { on: 'order', benefit, as: 'discount' },
  validity: { start: 'now', end: 'never' },
  ...more,
})

/** Makes a draft of a {@link definition}. */
export const create = (more: object) => ok('POST', '/v1/coupons', definition(more))

/** Asks a coupon to do something. */
export const verb = (id: string, name: string) => call('POST', `/v1/coupons/${id}/${name}`)

/** The status of a coupon. */
export const status = async (id: string) => (await ok('GET', `/v1/coupons/${id}`)).status

/** What a user sees. */
export async function trayOf(userId: string) {
  const { token } = await ok('POST', `/v1/users/${userId}/token`, {})
  const options = { key: PUBLISHABLE_KEY, headers: { 'x-user-token': token } }
  return (await call('GET', '/v1/tray', undefined, options)).json
}

/** The moment so long after now. */
export const at = (afterMs: number) => new Date(now() + afterMs).toISOString()
