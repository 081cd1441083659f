/// <reference lib="dom" />
/** Builds the DOM of the console. Text stays text: nothing that was read becomes markup. */

type Child = Node | string

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  made.append(...children)
  return made
}

export function button(label: string, act: () => Promise<void>): HTMLButtonElement {
  const made = element('button', label)
  made.type = 'button'
  made.addEventListener('click', () => {
    made.disabled = true // until the answer is there, so that nothing is sent twice
    void act().finally(() => {
      made.disabled = false
    })
  })
  return made
}

/** A link to a path of this service. */
export function link(text: string, ...path: readonly string[]): HTMLAnchorElement {
  const made = element('a', text)
  made.href = `/${path.map(encodeURIComponent).join('/')}`
  return made
}

export function code(text: string): HTMLElement {
  return element('code', text)
}

export function table(label: string, heads: readonly string[], rows: readonly HTMLTableRowElement[]): HTMLElement {
  const headRow = element('tr')
  for (const head of heads) {
    const cell = element('th', head)
    cell.scope = 'col'
    headRow.append(cell)
  }
  const frame = element('div', element('table', element('thead', headRow), element('tbody', ...rows)))
  frame.className = 'scroll'
  frame.tabIndex = 0
  frame.setAttribute('role', 'region')
  frame.setAttribute('aria-label', label)
  return frame
}

export function row(head: Child, ...cells: readonly (Child | readonly Child[])[]): HTMLTableRowElement {
  const first = element('th', head)
  first.scope = 'row'
  return element('tr', first, ...cells.map((cell) => element('td', ...[cell].flat())))
}

export function description(facts: readonly (readonly [string, Child])[]): HTMLDListElement {
  return element('dl', ...facts.flatMap(([name, value]) => [element('dt', name), element('dd', value)]))
}

export function coloured(colour: 'good' | 'bad' | 'wait', text: string): HTMLElement {
  const made = element('span', text)
  made.className = colour
  return made
}

/** A time of the API, to the second. */
export function timeOf(iso: string | null): string {
  return iso === null ? '' : iso.slice(0, 19).replace('T', ' ')
}

/** The one element that a selector names. */
export function find<Kind extends Element = HTMLElement>(selector: string, within: ParentNode = document): Kind {
  const found = within.querySelector<Kind>(selector)
  if (!found) throw new Error(`the page has no ${selector}`)
  return found
}
