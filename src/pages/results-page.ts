import { CalendarDate } from '../lottery/domain/calendar-date.ts'
import { type LotteryState, statusOf } from '../lottery/domain/lottery-state.ts'
import type { Instant } from '../shared/domain/instant.ts'
import { type Html, html } from './html.ts'
import type { Page } from './layout.ts'
import type { PageParts } from './page-parts.ts'
import { numberOf, resultOf, stateOf } from './words.ts'

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** The results of one month, as a calendar and as a table. `month` is `YYYY-MM`. */
export async function resultsPage({ listLotteries }: PageParts, month: string, now: Instant): Promise<Page> {
  const days = daysOf(month)
  const next = CalendarDate.addDays(days.at(-1) as CalendarDate, 1)
  const found = await listLotteries.execute({ before: next, limit: days.length })
  const lotteries = found.filter(({ date }) => date.startsWith(month))
  return {
    title: `Results of ${month}`,
    section: '/results',
    main: html`<p><a rel="prev" href="/results?month=${monthBefore(month)}">Month before</a> &nbsp;
<a rel="next" href="/results?month=${next.slice(0, 7)}">Month after</a></p>
${calendar(days, lotteries)}
${lotteries.length > 0 ? resultTable(lotteries, now) : html`<p>This month has no lotteries.</p>`}`,
  }
}

export function resultTable(lotteries: readonly LotteryState[], now: Instant): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Results">
<table><thead><tr><th scope="col">Day</th><th scope="col">Ballots</th><th scope="col">Result</th></tr></thead>
<tbody>
${lotteries.map(
  (lottery) => html`<tr><th scope="row"><a href="/results/${lottery.date}">${lottery.date}</a></th>
<td>${numberOf(lottery.ledger.size)}</td><td>${lottery.draw ? resultOf(lottery) : stateOf(lottery, now)}</td></tr>\n`,
)}</tbody></table></div>`
}

function calendar(days: readonly CalendarDate[], lotteries: readonly LotteryState[]): Html {
  const statuses = new Map(lotteries.map((lottery) => [lottery.date, statusOf(lottery)]))
  const blanks = (new Date(`${days[0]}T00:00:00Z`).getUTCDay() + 6) % 7
  return html`<ol class="calendar">
${WEEKDAYS.map((day) => html`<li aria-hidden="true">${day}</li>`)}
${Array.from({ length: blanks }, () => html`<li aria-hidden="true"></li>`)}
${days.map((day) => {
  const status = statuses.get(day)
  return html`<li>${status ? html`<a href="/results/${day}" aria-label="${day}, ${status}">${day.slice(8)}</a>` : day.slice(8)}</li>\n`
})}</ol>`
}

function daysOf(month: string): readonly CalendarDate[] {
  const first = CalendarDate.parse(`${month}-01`)
  return Array.from({ length: 31 }, (_, n) => CalendarDate.addDays(first, n)).filter((day) => day.startsWith(month))
}

function monthBefore(month: string): string {
  return CalendarDate.addDays(CalendarDate.parse(`${month}-01`), -1).slice(0, 7)
}
