import { expect, it } from 'vitest'
import { html } from '../../src/pages/html.ts'

const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '&lt;b&gt;',
  '</textarea>',
]

it.each(MARKUP)('the value %s becomes text, in elements and in attributes', (value) => {
  const text = String(html`<p title="${value}" lang='${value}'>${value}</p>`)

  expect(text).not.toMatch(/<(?!\/?p\b)/)
  expect(text.match(/["']/g)).toHaveLength(4)
  expect(text).not.toContain(value)
})

it('HTML stands in HTML as it is, also in lists; what is absent leaves nothing', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`)

  expect(String(html`<ul>${items}</ul>${undefined}${false}${null}${0}`)).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>0')
})
