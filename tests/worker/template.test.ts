import { expect, test } from 'vitest'
import { renderTemplate, templateSchema } from '../../worker/platform/template.ts'

const scope = {
  user: { name: 'Asha', timezone: 'Asia/Kolkata' },
  event: { voucherCode: 'PM500FF', partner: 'Puma', eventTimestamp: 1_708_351_200, n: 1e9 },
  now: '2026-11-30T20:00:00.000Z',
}

test('a template is rendered where the Worker runs', () => {
  const template =
    'Hi {{ user.name }}, use {{ event.voucherCode }} from {{ event.partner }}, yours since ' +
    '{{ event.eventTimestamp | date: "%d %B %Y %H:%M", user.timezone }}; today is {{ "now" | date: "%A", user.timezone }}'
  expect(templateSchema(1_000).safeParse(template).success).toBe(true)
  expect(renderTemplate(template, scope)).toEqual({
    text: 'Hi Asha, use PM500FF from Puma, yours since 19 February 2024 19:30; today is Tuesday',
  })
})

test.each([
  ['{% for i in (1..event.n) %}x{% endfor %}', 'line 1, column 1: handles more than 1,000,000 characters'],
  ['{% for i in (1..90000) %}{% endfor %}', 'line 1, column 1: takes more than 10,000 steps'],
  ['{% for i in (9007199254740992..9007199254740994) %}{% endfor %}', 'too large a number'],
  [`${'{%if 1%}'.repeat(400)}${'{%endif%}'.repeat(400)}`, 'nests its parts too deeply'],
  [`{{ ${'a['.repeat(3_000)}a${']'.repeat(3_000)} }}`, 'nests its parts too deeply'],
  ['{{ user.name | shout }}', 'line 1, column 1: there is no filter "shout"'],
])('the bounds hold there, although its clock stands still: %j', (template, fault) => {
  expect(renderTemplate(template, scope)).toEqual({ fault: expect.stringContaining(fault) })
})

test('what lies as deep as is allowed can be rendered', () => {
  const deep = `${'{%if 1%}'.repeat(48)}deep${'{%endif%}'.repeat(48)}`
  expect(renderTemplate(deep, scope)).toEqual({ text: 'deep' })
})
