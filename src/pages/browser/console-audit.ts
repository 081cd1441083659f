/// <reference lib="dom" />
/** The audit log, and the proof that an entry is in it. */
import { type Api, curlOf, withQuery } from './console-api.ts'
import { button, code, coloured, element, find, row, table, timeOf } from './console-dom.ts'
import { Part } from './console-part.ts'
import { checkInclusion, type Entry, readCheckpoint } from './console-proof.ts'

const NEWEST = 50

/** Returns the function that shows the entries of one aggregate. */
export function showAudit(api: Api): (aggregate: string) => void {
  const part = new Part('audit')
  part.onSubmit(() => showPage(''))
  find('#audit .newest').addEventListener('click', () => {
    void part.attempt(async () => showBefore((await readCheckpoint(api)).size, true))
  })
  return (aggregate) => {
    part.submit({ aggregate, type: '' })
    document.querySelector('#audit')?.scrollIntoView()
  }

  async function showPage(cursor: string): Promise<void> {
    const filter = { aggregate: part.value('aggregate'), type: part.value('type'), cursor }
    const query = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''))
    part.showCurl(withQuery('/audit', query))
    const { items, next_cursor: next } = await api.page<Entry>('/audit', query)
    showEntries(items, cursor === '')
    part.offerMore(next === null ? undefined : () => showPage(next))
  }

  /** Entries before an index, the newest first. Lists begin with the oldest, so these are read from the whole log. */
  async function showBefore(end: number, isFirst = false): Promise<void> {
    const from = Math.max(0, end - NEWEST)
    const path = withQuery('/audit/log', { from: String(from), to: String(end) })
    part.showCurl(path)
    const lines = (await api.text(path)).split('\n').filter((line) => line !== '')
    const entries = lines.map((line, n) => ({ index: from + n, event: JSON.parse(line) as Entry['event'] }))
    showEntries(entries.reverse(), isFirst)
    part.offerMore(from === 0 ? undefined : () => showBefore(from))
  }

  function showEntries(entries: readonly Entry[], isFirst: boolean): void {
    if (isFirst) part.show()
    const heads = ['Index', 'Time', 'Event and proof']
    part.add(entries.length === 0 ? element('p', 'There is none.') : table('Entries', heads, entries.map(rowOf)))
  }

  function rowOf(entry: Entry): HTMLTableRowElement {
    const { type, aggregate, actor, occurred_at: at } = entry.event
    const details = element(
      'details',
      element('summary', `${type}, ${aggregate}`),
      element('p', `By ${actor}`),
      element('pre', JSON.stringify(entry.event, null, 2)),
      element('p', code(curlOf('GET', `/audit/${entry.index}/proof`))),
    )
    return row(String(entry.index), timeOf(at), [details, ...proving(entry)])
  }

  function proving(entry: Entry): readonly HTMLElement[] {
    const answer = element('p')
    answer.className = 'proof'
    answer.setAttribute('role', 'status')
    const check = button('Check', async () => {
      answer.replaceChildren()
      const said = await checkInclusion(api, entry).then(
        (sentence) => coloured('good', sentence),
        (error: Error) => coloured('bad', error.message),
      )
      answer.replaceChildren(said)
    })
    check.setAttribute('aria-label', `Check the proof of entry ${entry.index}`)
    return [check, answer]
  }
}
