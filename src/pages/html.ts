/** HTML that is safe to send: only the tag `html` makes it, and it escapes every value that is no HTML itself. */
export class Html {
  readonly #text: string

  constructor(strings: readonly string[], values: readonly HtmlValue[]) {
    this.#text = strings.map((text, n) => text + textOf(values[n])).join('')
  }

  toString(): string {
    return this.#text
  }
}

type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Writes HTML. Values stand in the text of elements, or in attributes between quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings, values)
}

function textOf(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(textOf).join('')
  return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}
