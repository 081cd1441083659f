import { CalendarDate } from '../lottery/domain/calendar-date.ts'
import type { Entropy } from '../lottery/domain/entropy.ts'
import { LotteryNotFound } from '../lottery/domain/errors.ts'
import type { LotteryState } from '../lottery/domain/lottery-state.ts'
import type { Instant } from '../shared/domain/instant.ts'
import { type Html, html } from './html.ts'
import type { Page } from './layout.ts'
import type { PageParts } from './page-parts.ts'
import { resultTable } from './results-page.ts'
import { countOf, hexOf, stateOf } from './words.ts'

/** Results on the first page. */
const LATEST = 7

/** Today's lottery and the latest results. */
export async function homePage({ findLottery, listLotteries }: PageParts, now: Instant): Promise<Page> {
  const today = CalendarDate.of(now)
  const [lottery, latest] = await Promise.all([
    findLottery.execute(today).catch(absent),
    listLotteries.execute({ before: today, limit: LATEST }),
  ])
  return {
    title: `The lottery of ${today}`,
    section: '/',
    main: html`<p class="big">${lottery ? countOf(lottery.ledger.size, 'ballot') : 'No ballot yet'}, ${timeLeft(now)} to the close at midnight UTC.</p>
${lottery && terms(lottery, now)}
<p>At midnight, the ballots are fixed and one of them is drawn. Anyone can draw it again and compare:
<a href="/verify">check a draw</a>. If you hold a receipt, <a href="/check">look up your ballot</a>.</p>
<h2>Latest results</h2>
${latest.length > 0 ? resultTable(latest, now) : html`<p>There is no result yet. The first one is here after midnight UTC.</p>`}
<p><a href="/results">All results, by month</a></p>`,
  }
}

/** What is public about the draw before it happens. */
function terms(lottery: LotteryState, now: Instant): Html {
  return html`<dl>
<dt>State</dt><dd>${stateOf(lottery, now)}</dd>
${entropyTerms(lottery.entropy)}
</dl>`
}

export function entropyTerms(entropy: Entropy): Html {
  if (entropy.kind === 'drand')
    return html`<dt>Randomness</dt><dd>round ${entropy.round} of the public beacon drand, chain <code>${hexOf(entropy.chainHash)}</code></dd>`
  return html`<dt>Randomness</dt><dd>a secret of this service. Its hash is public from the start: <code>${hexOf(entropy.commitment)}</code></dd>`
}

function timeLeft(now: Instant): string {
  const minutes = Math.ceil((CalendarDate.endOf(CalendarDate.of(now)) - now) / 60_000)
  return minutes < 60 ? countOf(minutes, 'minute') : `${countOf(Math.floor(minutes / 60), 'hour')} ${minutes % 60} min`
}

function absent(error: unknown): undefined {
  if (!(error instanceof LotteryNotFound)) throw error
}
