/// <reference lib="dom" />
/** A part of the console: a form, what it shows, how it went, and the same with curl. */
import { curlOf } from './console-api.ts'
import { find } from './console-dom.ts'

export class Part {
  readonly #section: HTMLElement
  readonly #form: HTMLFormElement
  readonly #more: HTMLButtonElement

  constructor(id: string) {
    this.#section = find(`#${id}`)
    this.#form = find('form', this.#section)
    this.#more = find('.more', this.#section)
  }

  /** Acts whenever the form is sent. A failure is shown in its own words. */
  onSubmit(act: () => Promise<void>): void {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.attempt(act)
    })
  }

  submit(values: Readonly<Record<string, string>> = {}): void {
    for (const [name, value] of Object.entries(values)) this.#field(name).value = value
    this.#form.requestSubmit()
  }

  value(name: string): string {
    return this.#field(name).value.trim()
  }

  label(text: string): void {
    find('label span', this.#form).textContent = text
  }

  /** Acts, and says how it went: the sentence that `act` returns, or why it failed. */
  async attempt(act: () => Promise<unknown>): Promise<void> {
    this.say('')
    try {
      const said = await act()
      if (typeof said === 'string') this.say(said)
    } catch (error) {
      this.say((error as Error).message, 'bad')
    }
  }

  say(text: string, colour: 'good' | 'bad' = 'good'): void {
    const status = find('.status', this.#section)
    status.className = `status ${colour}`
    status.textContent = text
  }

  show(...nodes: readonly (Node | string)[]): void {
    find('.output', this.#section).replaceChildren(...nodes)
  }

  add(...nodes: readonly Node[]): void {
    find('.output', this.#section).append(...nodes)
  }

  /** Shows the command of the request that was just sent. */
  showCurl(path: string): void {
    const line = find('.curl', this.#section)
    line.hidden = false
    find('code', line).textContent = curlOf('GET', path)
  }

  /** Offers the next page; undefined: there is none. */
  offerMore(next: (() => Promise<void>) | undefined): void {
    this.#more.hidden = next === undefined
    this.#more.onclick = () => next && void this.attempt(next)
  }

  #field(name: string): HTMLInputElement | HTMLSelectElement {
    return find<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`, this.#form)
  }
}
