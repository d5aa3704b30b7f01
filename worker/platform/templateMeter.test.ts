import { describe, expect, test } from 'vitest'
import { renderTemplate, templateSchema } from './template.ts'

const saved = (template: string) =>
  templateSchema(10_000)
    .safeParse(template)
    .error?.issues.map(({ message }) => message)
const rendered = (template: string, given: object = {}) => {
  const result = renderTemplate(template, given)
  return 'text' in result ? result.text : result.fault
}

const STEPS = 'takes more than 10,000 steps; let it loop over less'
const WEIGHT = 'handles more than 1,000,000 characters; let it work on less'
const long = 'a'.repeat(8_000)
const times = (count: number, text: string) => text.repeat(count)

describe('what would not end, or grow without bound, is refused when it is saved:', () => {
  test.each([
    ['a long loop', '{% for i in (1..1000000000) %}x{% endfor %}', WEIGHT],
    ['a long loop in a list', '{{ (1..1000000000) | join }}', WEIGHT],
    [
      'a loop over what a number cannot count',
      '{% for i in (9007199254740992..9007199254740994) %}{% endfor %}',
      'has a range with too large a number',
    ],
    [
      'the same between variables',
      '{% assign a = 9007199254740992 %}{% assign b = a | plus: 2 %}{{ (a..b) }}',
      'has a range with too large a number',
    ],
    [
      'the same as a property',
      '{{ event[(9007199254740992..9007199254740994)] }}',
      'has a range with too large a number',
    ],
    [
      'the same as the value of a filter',
      '{{ 1 | append: (9007199254740992..9007199254740994) }}',
      'has a range with too large a number',
    ],
    ['five loops in each other', `${times(5, '{% for i in (1..100) %}')}${times(5, '{% endfor %}')}`, STEPS],
    ['a loop over nothing much', '{% for i in (1..90000) %}{% endfor %}', STEPS],
    [
      'loops over the same list',
      '{% assign a = (1..3000) %}{% for i in a %}{% for j in a limit: 1 %}{% endfor %}{% endfor %}',
      WEIGHT,
    ],
    ['a table', '{% tablerow i in (1..90000) %}{% endtablerow %}', STEPS],
    ['cycles', '{% for i in (1..9000) %}{% cycle "a", "b" %}{% endfor %}', STEPS],
    ['cycles of many', `{% for i in (1..900) %}{% cycle ${times(1_500, '"a",')}"b" %}{% endfor %}`, WEIGHT],
    ['counters', '{% for i in (1..9000) %}{% increment n %}{% decrement m %}{% endfor %}', STEPS],
    ['breaks', '{% for i in (1..9000) %}{% for j in (1..9) %}{% break %}{% endfor %}{% endfor %}', STEPS],
    [
      'cases of many',
      `{% for i in (1..4000) %}{% case 1 %}{% when 2${times(2_000, ',2')} %}{% endcase %}{% endfor %}`,
      WEIGHT,
    ],
    [
      'branches',
      `{% for i in (1..4000) %}{% if nil %}${times(600, '{% elsif nil %}')}{% endif %}{% endfor %}`,
      WEIGHT,
    ],
    ['operators', `{% for i in (1..4000) %}{% if 1${times(1_500, ' == 1')} %}{% endif %}{% endfor %}`, STEPS],
    ['filters', `{% for i in (1..4000) %}{{ 1${times(1_000, ' | abs')} }}{% endfor %}`, STEPS],
    [
      'values of a filter',
      `{% for i in (1..4000) %}{{ 1 | default: 1${times(3_000, ',1')} }}{% endfor %}`,
      WEIGHT,
    ],
    [
      'doubling by append',
      '{% assign s = "xxxxxxxxxx" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}',
      WEIGHT,
    ],
    [
      'doubling by capture',
      '{% assign s = "x" %}{% for i in (1..60) %}{% capture s %}{{ s }}{{ s }}{% endcapture %}{% endfor %}',
      WEIGHT,
    ],
    [
      'doubling by replace',
      '{% assign s = "xx" %}{% for i in (1..60) %}{% assign s = s | replace: "x", s %}{% endfor %}',
      WEIGHT,
    ],
    [
      'doubling a list',
      '{% assign a = "x" | split: "" %}{% for i in (1..60) %}{% assign a = a | concat: a %}{% endfor %}',
      WEIGHT,
    ],
    [
      'lists of lists',
      '{% assign a = (1..700) %}{% for i in a %}{% assign b = a | reverse | sort | uniq | join: a %}{% endfor %}',
      WEIGHT,
    ],
    [
      'a captured flood',
      `{% capture c %}{% for i in (1..9000) %}${long}{% endfor %}{% endcapture %}`,
      WEIGHT,
    ],
    ['a flood', `{% for i in (1..100) %}${long}{% endfor %}`, 'the text is longer than 20,000 characters'],
    [
      'a flood of raw text',
      `{% for i in (1..100) %}{% raw %}${long}{% endraw %}{% endfor %}`,
      'the text is longer than 20,000 characters',
    ],
    [
      'seeking in vain',
      `{% for i in (1..9000) %}{% if "${long}" contains "b${times(999, 'a')}" %}{% endif %}{% endfor %}`,
      WEIGHT,
    ],
    [
      'stripping in vain',
      `{% for i in (1..9000) %}{% assign x = "${times(8_000, '<')}" | strip_html %}{% endfor %}`,
      WEIGHT,
    ],
    [
      'splitting and joining',
      `{% for i in (1..9000) %}{% assign x = "${long}" | split: "" | join: "${times(900, 'b')}" %}{% endfor %}`,
      WEIGHT,
    ],
    ['wide dates', '{{ "now" | date: "%99999999d" }}', WEIGHT],
    ['wider dates', `{{ "now" | date: "%${times(400, '9')}N" }}`, WEIGHT],
    ['dates of many parts', `{{ "now" | date: "${times(3_000, '%B')}" }}`, WEIGHT],
    [
      'dates of many days',
      '{% for i in (1..3000) %}{% assign t = i | times: 864000 %}{{ t | date: "%d", "America/New_York" }}{% endfor %}',
      WEIGHT,
    ],
    ['deep blocks', `${times(400, '{%if 1%}')}${times(400, '{%endif%}')}`, 'nests its parts too deeply'],
    ['deep brackets', `{{ ${times(3_000, 'a[')}a${times(3_000, ']')} }}`, 'nests its parts too deeply'],
    ['deep ranges', `{{ ${times(8_000, '(')} }}`, 'nests its parts too deeply'],
  ])('%s', (_, template, message) => {
    const [issue, ...others] = saved(template) ?? []
    expect(issue?.replace(/^line 1, column \d+: /, '')).toBe(message)
    expect(others).toEqual([])
  })

  test('what does a lot, but not too much, is not', () => {
    expect(rendered('{% for i in (1..1500) %}{% if i == 1500 %}{{ i }}{% endif %}{% endfor %}')).toBe('1500')
    expect(rendered('{{ (1..90000) | reverse | first }}')).toBe('90000')
    expect(rendered(`${times(40, '{%if 1%}')}deep${times(40, '{%endif%}')}`)).toBe('deep')
    expect(rendered(`{% for i in (1..2500) %}${'abcdefgh'}{% endfor %}`)).toHaveLength(20_000)
  })
})

describe('what turns out to be too much when it is rendered:', () => {
  const items = Array.from({ length: 9_000 }, (_, n) => ({ n, text: 'x'.repeat(50) }))
  const event = {
    items,
    text: 'a'.repeat(4_096),
    needle: `b${'a'.repeat(2_000)}`,
    n: 1e9,
    percent: '%',
    big: 9_007_199_254_740_992,
  }

  test.each([
    ['{% for i in (1..event.n) %}x{% endfor %}', WEIGHT],
    ['{% assign most = event.big | plus: 2 %}{{ (event.big..most) }}', 'has a range with too large a number'],
    ['{% for i in event.items %}{% for j in event.items %}{% endfor %}{% endfor %}', WEIGHT],
    ['{% for i in event.items %}{% endfor %}{{ event.items | where: "n", 5 | map: "n" }}', WEIGHT],
    ['{{ event.items | sort: "text" | reverse | json }}', WEIGHT],
    ['{% for i in (1..900) %}{% if event.text contains event.needle %}{% endif %}{% endfor %}', WEIGHT],
    ['{% for i in (1..900) %}{% case event.items %}{% when event.items %}{% endcase %}{% endfor %}', WEIGHT],
    ['{{ event.text | replace: "a", event.text }}', WEIGHT],
    ['{% for i in (1..6) %}{{ event.text }}{% endfor %}', 'the text is longer than 20,000 characters'],
    ['{{ 1 | date: "%H", event.text }}', `"${'a'.repeat(50)}" is not a time zone such as Asia/Kolkata`],
    ['{{ event.percent | url_decode }}', 'holds a text that is not encoded as an address is'],
  ])('%j', (template, message) => {
    expect(saved(template)).toBeUndefined()
    expect(rendered(template, { event }).replace(/^line 1, column \d+: /, '')).toBe(message)
  })

  test('a value that has no text is a fault of the data, not of Boon', () => {
    const given = JSON.parse('{ "event": { "odd": { "toString": 1, "valueOf": 1 } } }') as object
    expect(rendered('{{ event.odd }}', given)).toBe('line 1, column 1: cannot be rendered with these values')
  })
})
