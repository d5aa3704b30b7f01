import { expect, test } from 'vitest'
import { SealBroken, seal, unseal } from './sealed.ts'

const env = { SEALING_SECRET: 'a secret of the tests, long enough to be taken' }
const text = '{"secret":"whsec_abc","ünïcode":"🎁"}'

test('what is sealed opens again, and does not show what it is', async () => {
  const sealed = await seal(env, text)
  expect(sealed).not.toContain('whsec')
  expect(atob((sealed.split('.')[3] ?? '').replaceAll('-', '+').replaceAll('_', '/'))).not.toContain('whsec')
  expect(await unseal(env, sealed)).toBe(text)
  expect(await unseal(env, await seal(env, ''))).toBe('')
})

test('the same text is sealed otherwise each time', async () => {
  expect(await seal(env, text)).not.toBe(await seal(env, text))
})

test('it does not open with another secret, even after the right one was used', async () => {
  const sealed = await seal(env, text)
  const other = { SEALING_SECRET: 'another secret of the tests, as long as the one' }
  await expect(unseal(other, sealed)).rejects.toThrow(SealBroken)
  expect(await unseal(env, sealed)).toBe(text)
})

test('it does not open once a character of it was changed, or when it was never sealed', async () => {
  const sealed = await seal(env, text)
  const parts = sealed.split('.')
  for (const place of [0, 2, 3, 4]) {
    const part = parts[place] ?? ''
    const changed = parts.with(place, (part.startsWith('A') ? 'B' : 'A') + part.slice(1)).join('.')
    await expect(unseal(env, changed), `part ${place}`).rejects.toThrow(SealBroken)
  }
  for (const never of ['', 'x', '{}', '....', sealed.slice(0, -5)]) {
    await expect(unseal(env, never), never).rejects.toThrow(SealBroken)
  }
})
