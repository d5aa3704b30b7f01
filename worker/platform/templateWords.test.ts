import { describe, expect, test } from 'vitest'
import { templateSchema } from './template.ts'

const saved = (template: string) =>
  templateSchema(10_000)
    .safeParse(template)
    .error?.issues.map(({ message }) => message)

describe('what is refused when it is saved:', () => {
  test.each([
    ['{{ user.name ', 'line 1, column 1: "{{ user.name " is not closed'],
    ['one\ntwo {{ user.name }', 'line 2, column 5: "{{ user.name }" is not closed'],
    ['a\r\nb{% if x %}c', 'line 2, column 2: "{% if x %}" has no tag that ends it'],
    ['{% if x', 'line 1, column 1: "{% if x" is not closed'],
    ['{{ "abc }}', 'line 1, column 1: "{{ \\"abc }}" is not closed'],
    ['{% raw %}', 'line 1, column 1: "{% raw %}" has no tag that ends it'],
    ['{% endif %}', 'line 1, column 1: "endif" has no tag that it belongs to'],
    ['{% foo %}', 'line 1, column 1: there is no tag "foo"'],
    ['{% %}', 'line 1, column 4: the name of a tag is missing'],
    ['{{ user.name | shout }}', 'line 1, column 1: there is no filter "shout"'],
    ['{% assign x = 1 | constructor %}', 'line 1, column 1: there is no filter "constructor"'],
    ['{% if 0 %}{% cycle "a", "b" | shout %}{% endif %}', 'line 1, column 31: there is no filter "shout"'],
    ['{{ user.name | upcase ! }}', 'line 1, column 23: a ":" is missing between a filter and its values'],
    [
      '{{ user.name ! }}',
      'line 1, column 15: what follows the value is not understood; a filter begins with "|"',
    ],
    ['{{ user name }}', 'line 1, column 9: what "name" is for is not understood'],
    ['{{ }}', 'line 1, column 4: a value is missing'],
    ['{% if a == %}b{% endif %}', 'line 1, column 9: "==" lacks a value to compare'],
    ['{% if and %}b{% endif %}', 'line 1, column 7: "and" lacks a value to compare'],
    ['{% for a on b %}{% endfor %}', 'line 1, column 1: "{% for a on b %}" is not understood'],
    ['{% for a in (1.5) %}{% endfor %}', 'line 1, column 17: a range is written (1..5)'],
    ['{% assign a 5 %}', 'line 1, column 13: a "=" is missing after the name of the variable'],
    ['{{ a | append }}', 'line 1, column 1: the filter "append" needs a value'],
    ['{% include "/etc/passwd" %}', 'line 1, column 1: "include" is not available: a template stands alone'],
    ['{% render "a" %}', 'line 1, column 1: "render" is not available: a template stands alone'],
    ['{% layout "a" %}', 'line 1, column 1: "layout" is not available: a template stands alone'],
    ['{% block a %}{% endblock %}', 'line 1, column 1: "block" is not available: a template stands alone'],
    [
      '{{ 1 | date: "%H", "Nowhere/Land" }}',
      'line 1, column 1: "Nowhere/Land" is not a time zone such as Asia/Kolkata',
    ],
    [`{% if ${'a'.repeat(90)} %}`, `line 1, column 1: "{% if ${'a'.repeat(34)}…" has no tag that ends it`],
    // What liquidjs has and Boon does not: it draws lots, waits, or reads expressions while it is rendered.
    ['{{ a | sample }}', 'line 1, column 1: there is no filter "sample"'],
    ['{{ a | sha256 }}', 'line 1, column 1: there is no filter "sha256"'],
    ['{{ a | where_exp: "b", "b" }}', 'line 1, column 1: there is no filter "where_exp"'],
    ['{{ a | push: a }}', 'line 1, column 1: there is no filter "push"'],
  ])('%j', (template, message) => {
    expect(saved(template)).toEqual([message])
  })

  test('what is too long is not even read', () => {
    expect(templateSchema(10).safeParse('{{ user.name').error?.issues).toMatchObject([
      { message: 'may have 10 characters at most' },
    ])
    expect(templateSchema(20).safeParse('{{ user.name }}').success).toBe(true)
    expect(templateSchema(20).min(1, 'empty').safeParse('').error?.issues).toMatchObject([
      { message: 'empty' },
    ])
  })
})
