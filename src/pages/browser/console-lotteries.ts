/// <reference lib="dom" />
/** Lotteries, those that need someone first, and closing by hand. */
import { type Api, curlOf, withQuery } from './console-api.ts'
import { button, code, coloured, element, link, row, table, timeOf } from './console-dom.ts'
import { Part } from './console-part.ts'
import type { Session } from './console-session.ts'

export interface Lottery {
  readonly date: string
  readonly status: 'open' | 'sealed' | 'closed'
  readonly ballot_count: number
  readonly winner_ballot_id: string | null
  readonly entropy: { readonly kind: string; readonly round?: number }
  readonly sealed_at: string | null
  readonly closed_at: string | null
}

const DAY_MS = 86_400_000
/** The service closes a lottery within minutes after its day. One that is open for longer has failed. */
const CLOSED_WITHIN_MS = 5 * 60_000

export function showLotteries(api: Api, session: Session): void {
  const part = new Part('lotteries')
  const path = '/lotteries'
  part.onSubmit(() => (part.value('status') === '' ? showUrgent() : showPage('')))
  part.submit()

  async function showUrgent(): Promise<void> {
    const urgent: Lottery[] = []
    for (const status of ['sealed', 'open'])
      for await (const lottery of api.all<Lottery>(path, { status })) if (isDue(lottery)) urgent.push(lottery)
    part.show(urgent.length === 0 ? element('p', coloured('good', 'No lottery is overdue or waits.')) : tableOf(urgent))
    part.showCurl(withQuery(path, { status: 'open' }))
    part.offerMore(undefined)
  }

  async function showPage(cursor: string): Promise<void> {
    const query = { status: part.value('status'), ...(cursor && { cursor }) }
    const { items, next_cursor: next } = await api.page<Lottery>(path, query)
    if (cursor === '') part.show()
    part.add(items.length === 0 ? element('p', 'There is none.') : tableOf(items))
    part.showCurl(withQuery(path, query))
    part.offerMore(next === null ? undefined : () => showPage(next))
  }

  function tableOf(lotteries: readonly Lottery[]): HTMLElement {
    return table('Lotteries', ['Day', 'State'], lotteries.map(rowOf))
  }

  function rowOf(lottery: Lottery): HTMLTableRowElement {
    const { date, ballot_count: count, sealed_at: sealed, closed_at: closed } = lottery
    const since = timeOf(closed ?? sealed ?? (isDue(lottery) ? new Date(endOf(date)).toISOString() : null))
    const ballots = `${count.toLocaleString('en-US')} ${count === 1 ? 'ballot' : 'ballots'}`
    return row(link(date, 'results', date), [
      stateOf(lottery),
      element('div', since === '' ? ballots : `${ballots}, since ${since}`),
      ...(session.isOperator && isDue(lottery) ? closing(date) : []),
    ])
  }

  function closing(date: string): readonly HTMLElement[] {
    const post = withQuery('/lotteries/close', { date })
    const close = async () => {
      const lottery = await api.post<Lottery>(post)
      await showUrgent()
      return `${date}: ${lottery ? stateOf(lottery).textContent : ''}`
    }
    const closes = button('Close', () => part.attempt(close))
    closes.setAttribute('aria-label', `Close ${date}`)
    return [element('p', closes), element('p', code(curlOf('POST', post)))]
  }
}

/** Whether its day is over and it is not closed. */
function isDue({ date, status }: Lottery): boolean {
  return status !== 'closed' && endOf(date) <= Date.now()
}

function endOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) + DAY_MS
}

function stateOf(lottery: Lottery): HTMLElement {
  const { date, status, entropy, winner_ballot_id: winner } = lottery
  if (status === 'closed')
    return coloured('good', winner === null ? 'closed, no winner' : `closed, ballot ${winner} won`)
  if (status === 'sealed')
    return coloured(
      'wait',
      `sealed, waits for its draw${entropy.round === undefined ? '' : ` (round ${entropy.round})`}`,
    )
  if (!isDue(lottery)) return element('span', 'open')
  const isFailed = Date.now() > endOf(date) + CLOSED_WITHIN_MS
  return isFailed
    ? coloured('bad', 'failed: overdue for minutes. Closing it by hand says why.')
    : coloured('wait', 'overdue: its day is over, and it is not closed')
}
