import { describe, expect, test } from 'vitest'
import { renderTemplate } from '../platform/template.ts'
import type { GrantContext, GrantUser } from './context.ts'
import { type GrantFacts, templateScope } from './scope.ts'

const user: GrantUser = {
  id: 'u1',
  email: 'asha@example.com',
  phone: null,
  name: 'Asha',
  timezone: 'Asia/Kolkata',
  language: 'en',
  properties: { city: 'Pune', name: 'a property', phone: '+15550100', id: 'another', properties: 'odd' },
}
const event = { name: 'Charged', properties: { Amount: 500, name: 'a property', orderId: 'O-7' } }
const grant: GrantFacts = {
  id: 'grt_1',
  atMs: Date.parse('2026-11-30T10:00:00Z'),
  campaignId: 'cmp_1',
  campaignName: 'Cart rescue',
}
const voucher: GrantFacts = {
  ...grant,
  userId: 'u1',
  eventId: 'evt-1',
  units: null,
  asked: null,
  decimals: 0,
  reward: {
    type: 'voucher',
    voucherListId: 'vls_1',
    holdingId: 'hld_1',
    code: 'PM500FF',
    expiresAt: '2030-03-31T23:59:59.000Z',
  },
}

const rendered = (template: string, context: GrantContext, facts: GrantFacts) =>
  renderTemplate(template, templateScope(context, facts))

describe('a template of a grant sees', () => {
  test.each<[string, string, GrantFacts]>([
    [
      '{{ user.id }} {{ user.userId }} {{ user.email }} {{ user.name }}',
      'u1 u1 asha@example.com Asha',
      grant,
    ],
    ['{{ user.timezone }} {{ user.language }} {{ user.city }}', 'Asia/Kolkata en Pune', grant],
    // What Boon knows by name wins, also when it knows that there is nothing.
    [
      '[{{ user.phone }}] {{ user.properties.phone }} {{ user.properties.name }}',
      '[] +15550100 a property',
      grant,
    ],
    ['{{ event.name }} of {{ event.Amount }} in {{ event.orderId }}', 'Charged of 500 in O-7', grant],
    ['{{ campaign.name }} {{ campaign.id }} {{ grant.campaignId }}', 'Cart rescue cmp_1 cmp_1', grant],
    ['{{ grant.id }} at {{ grant.at }}', 'grt_1 at 2026-11-30T10:00:00.000Z', grant],
    ['{{ "now" | date: "%d %H:%M", user.timezone }}', '30 15:30', grant],
    ['[{{ grant.value }}{{ grant.asked }}{{ grant.code }}{{ grant.reward }}]', '[]', grant],
    ['[{{ grant.value }}{{ grant.asked }}]', '[]', voucher],
    ['{{ grant.code }} {{ grant.reward.code }} of {{ grant.eventId }}', 'PM500FF PM500FF of evt-1', voucher],
    ['{{ grant.value }}{{ grant.asked }}', '12.4', { ...grant, units: 124, asked: 124, decimals: 1 }],
    ['{{ grant.value }} of {{ grant.asked }}', '10 of 50', { ...grant, units: 10, asked: 50, decimals: 0 }],
  ])('%j', (template, text, facts) => {
    expect(rendered(template, { user, event }, facts)).toEqual({ text })
  })

  test('an empty event where there was none', () => {
    const scope = templateScope({ user, event: undefined }, grant)
    expect(scope['event']).toEqual({})
    expect(renderTemplate('[{{ event.name }}{{ event.Amount }}]', scope)).toEqual({ text: '[]' })
  })

  test('properties whose names mean something to a computer as properties', () => {
    const properties = JSON.parse(
      '{ "__proto__": { "email": "x" }, "constructor": "word" }',
    ) as GrantUser['properties']
    const context = { user: { ...user, email: null, properties }, event: { name: 'e', properties } }
    expect(
      rendered('[{{ user.email }}] {{ user.constructor }} {{ event.__proto__.email }}', context, grant),
    ).toEqual({
      text: '[] word x',
    })
  })
})
