import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderTemplate, templateSchema } from './template.ts'

const scope = {
  user: { name: 'Asha', email: null, timezone: 'Asia/Kolkata' },
  event: {
    Amount: 500,
    'Payment Mode': 'UPI',
    voucherCode: 'PM500FF',
    eventTimestamp: 1_708_351_200,
    listExpiry: '2024-03-31T23:59:59Z',
    Items: [
      { sku: 'A', category: 'shoes', price: 0.1 },
      { sku: 'B', category: 'hats', price: 0.2 },
    ],
    far: 1e30,
    markup: '<b>"Tom & Jerry"</b>',
  },
  now: '2026-11-30T10:00:00.000Z',
}

const rendered = (template: string, given: object = scope) => {
  const result = renderTemplate(template, given)
  return 'text' in result ? result.text : result.fault
}
const saved = (template: string) =>
  templateSchema(10_000)
    .safeParse(template)
    .error?.issues.map(({ message }) => message)

describe('a template', () => {
  test.each([
    ['you have a voucher {{ event.voucherCode }}', 'you have a voucher PM500FF'],
    ['no Liquid: 100 % {off}, }} and %}', 'no Liquid: 100 % {off}, }} and %}'],
    ['Hi {{ user.name }}{% if user.email %}, {{ user.email }}{% endif %}!', 'Hi Asha!'],
    ['{{ event["Payment Mode"] }}', 'UPI'],
    [
      '[{{ event.nothing }}{{ nobody.name }}{{ user.email }}{{ event.nothing | upcase | append: "." }}]',
      '[.]',
    ],
    [
      '{% for item in event.Items %}{{ forloop.index }}:{{ item.sku }}{% unless forloop.last %}, {% endunless %}{% endfor %}',
      '1:A, 2:B',
    ],
    ['{% case event.Amount %}{% when 500 %}half{% else %}other{% endcase %}', 'half'],
    [
      '{% assign twice = event.Amount | times: 2 %}{% capture said %}{{ twice }}!{% endcapture %}{{ said }}',
      '1000!',
    ],
    ['{% increment user %}{% increment user %}{{ user }}', '012'],
    ['{% liquid\n assign a = 1\n echo a\n%}{% comment %}not this{% endcomment %}{% # nor this %}', '1'],
    ['{{ event.Items | where: "category", "hats" | map: "sku" | first }}', 'B'],
    ['{{ event.Items | reject: "category", "hats" | map: "sku" | join }}', 'A'],
    ['{{ event.Items | where: "price" | size }}{{ event.Items | where: "name" | size }}', '20'],
    ['{% assign hat = event.Items | find: "sku", "B" %}{{ hat.category }}', 'hats'],
    ['{{ event.Items | has: "sku", "B" }}, {{ event.Items | has: "sku", "C" }}', 'true, false'],
    // Fractions are read by people.
    [
      '{{ event.Items | map: "price" | sum }} {{ 500 | times: 1.1 }} {{ 1 | divided_by: 3.0 }}',
      '0.3 550 0.333333333333333',
    ],
    ['{{ 9007199254740991 | plus: 0 }}', '9007199254740991'],
    // Text goes out as it is, unless it is to be escaped.
    [
      '{{ event.markup }} {{ event.markup | strip_html | escape }}',
      '<b>"Tom & Jerry"</b> &#34;Tom &amp; Jerry&#34;',
    ],
    ['{{ "half a pair: \\ud83d" }}', 'half a pair: �'],
  ])('%j', (template, expected) => {
    expect(rendered(template)).toBe(expected)
    expect(saved(template)).toBeUndefined()
  })

  test.each([
    ['{{ event.eventTimestamp | date: "%Y-%m-%d %H:%M %z" }}', '2024-02-19 14:00 +0000'],
    ['{{ event.eventTimestamp | date: "%Y-%m-%d %H:%M %z", user.timezone }}', '2024-02-19 19:30 +0530'],
    ['{{ event.listExpiry | date: "%d %B %Y" }}', '31 March 2024'],
    ['{{ event.listExpiry | date: "%d %B %Y", "Asia/Kolkata" }}', '01 April 2024'],
    // The day on which the clocks change in New York, before and after.
    ['{{ "2026-03-08T06:59:59Z" | date: "%H:%M", "America/New_York" }}', '01:59'],
    ['{{ "2026-03-08T07:00:00Z" | date: "%H:%M", "America/New_York" }}', '03:00'],
    // What has no zone is of the zone that is asked for.
    ['{{ "2026-03-08" | date: "%d %H:%M", "America/New_York" }}', '08 00:00'],
    ['{{ "2026-03-08T18:00" | date: "%d %H:%M", "America/New_York" }}', '08 18:00'],
    ['{{ "now" | date: "%Y-%m-%d" }} {{ "today" | date: "%H" }}', '2026-11-30 10'],
    [
      '{{ "soon" | date: "%Y" }}{{ nothing | date: "%Y" }}{{ true | date: "%Y" }}{{ event.far | date: "%Y" }}',
      'soontrue1e+30',
    ],
    [
      '{{ event.listExpiry | date: "%Y", user.email }}{{ event.listExpiry | date: "%Y", nil }}{{ 0 | date: "%Y", "" }}',
      '202420241970',
    ],
    ['{{ 0 | date }}', 'Thursday, January 1, 1970 at 12:00 am +0000'],
  ])('with dates, %j', (template, expected) => {
    expect(rendered(template)).toBe(expected)
  })

  test('knows no other time than that of its scope', () => {
    expect(rendered('[{{ "now" | date: "%Y" }}]', {})).toBe('[]')
  })

  test('is not changed by being rendered, nor is what it sees', () => {
    const template =
      '{% assign event = 1 %}{% increment count %}{% cycle "a", "b" %}{% capture user %}x{% endcapture %}'
    const before = JSON.stringify(scope)
    expect([rendered(template), rendered(template)]).toEqual(['0a', '0a'])
    expect(JSON.stringify(scope)).toBe(before)
  })

  test('is the same after many others', () => {
    const others = Array.from({ length: 40 }, (_, n) => `${'x'.repeat(9_000)}{{ event.Amount }}${n}`)
    expect(others.map((template) => rendered(template).slice(9_000))).toEqual(others.map((_, n) => `500${n}`))
    expect(rendered('{{ event.Amount }}')).toBe('500')
  })
})

describe('what a template cannot reach:', () => {
  test.each([
    '{{ constructor }}{{ __proto__ }}{{ toString }}{{ hasOwnProperty }}{{ globalThis }}',
    '{{ user.constructor }}{{ user.__proto__ }}{{ user.toString }}{{ user["constructor"]["name"] }}',
    '{{ event.Items.map }}{{ event.Items.constructor }}{{ user.name.constructor }}{{ event.Amount.toFixed }}',
    '{% for i in (1..1) %}{{ forloop.constructor }}{{ forloop.__proto__ }}{{ forloop.next }}{{ forloop.valueOf }}{% endfor %}',
    '{{ nil.constructor }}{{ empty.valueOf }}{{ call }}{{ held.call }}',
    '{{ event.Items | map: "constructor" }}{{ event.Items | where: "__proto__" }}',
  ])('%j', (template) => {
    let called = 0
    const call = () => {
      called += 1
      return 'called'
    }
    expect(rendered(template, { ...scope, call, held: { call } })).toBe('')
    expect(called).toBe(0)
  })

  test('a name is only a name', () => {
    const given = JSON.parse(
      '{ "user": { "__proto__": { "name": "own" }, "constructor": "word" } }',
    ) as object
    expect(rendered('{{ user.__proto__.name }} {{ user.constructor }} {{ user.name }}', given)).toBe(
      'own word ',
    )
    expect(rendered('{% increment __proto__ %}{% assign constructor = "a" %}{{ constructor }}', given)).toBe(
      '0a',
    )
    expect(Object.hasOwn(Object.prototype, 'name')).toBe(false)
  })
})

test('whatever is put together, there is a bounded text or a fault in words', () => {
  const piece = fc.constantFrom(
    ...[
      '{{',
      '}}',
      '{%',
      '%}',
      '-%}',
      '{{-',
      ' ',
      '\n',
      '"',
      "'",
      '|',
      ':',
      ',',
      '.',
      '[',
      ']',
      '(',
      ')',
      '..',
    ],
    ...[
      'for ',
      'i',
      ' in ',
      'endfor',
      'if ',
      'elsif ',
      'else',
      'endif',
      'case ',
      'when ',
      'endcase',
      'cycle ',
    ],
    ...[
      'assign ',
      'capture ',
      'endcapture',
      'raw',
      'endraw',
      'comment',
      'endcomment',
      'liquid',
      'echo ',
      '#',
      'break',
    ],
    ...[
      'tablerow ',
      'endtablerow',
      'increment ',
      'unless ',
      'endunless',
      '=',
      '==',
      '>',
      'and ',
      'not ',
      'contains ',
    ],
    ...[
      'user',
      'event',
      'Items',
      'name',
      '1',
      '99999',
      '-1',
      '0.5',
      'nil',
      'empty',
      'blank',
      'true',
      'size',
      'first',
    ],
    ...[
      ' | split: ""',
      ' | join: "x"',
      ' | map: "sku"',
      ' | where: "sku"',
      ' | date: "%c"',
      ' | slice: ',
      ' | append: ',
    ],
    ...[
      '{% for i in (1..99) %}',
      '{% endfor %}',
      '{{ i | times: i }}',
      '{% if user %}',
      '{% endif %}',
      'reversed',
      'limit: 2',
    ],
  )
  const templates = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(templates, (template) => {
      const result = renderTemplate(template, scope)
      if ('text' in result) expect(result.text.length).toBeLessThanOrEqual(20_000)
      else expect(result.fault).toMatch(/^line \d+, column \d+: .|^the text is longer/)
    }),
    { numRuns: 2_000 },
  )
})
