import { headOf } from '../ledger/domain/growing-tree.ts'
import type { Evidence } from '../lottery/application/find-evidence.ts'
import { CalendarDate } from '../lottery/domain/calendar-date.ts'
import { EvidenceNotReady, LotteryNotClosed } from '../lottery/domain/errors.ts'
import type { LotteryState } from '../lottery/domain/lottery-state.ts'
import type { Instant } from '../shared/domain/instant.ts'
import { ballotCurve } from './ballot-curve.ts'
import { curveChart } from './charts.ts'
import { cosignersOf } from './cosigners.ts'
import { exclusionsOf } from './exclusions.ts'
import { entropyTerms } from './home-page.ts'
import { type Html, html } from './html.ts'
import type { Page } from './layout.ts'
import type { PageParts } from './page-parts.ts'
import { proves } from './proves.ts'
import { hexOf, numberOf, resultOf, stateOf, timeOf } from './words.ts'

/** Everything that is public about one lottery. @throws LotteryNotFound */
export async function resultPage(parts: PageParts, date: CalendarDate, now: Instant): Promise<Page> {
  const lottery = await parts.findLottery.execute(date)
  const evidence = await parts.findEvidence.execute(date).catch(notYet)
  const size = lottery.ledger.size
  const points = await ballotCurve(parts.listBallots, { date, size })
  const times = points.map(({ at }) => at)
  const end = CalendarDate.endOf(date)
  const range = { from: Math.min(...times, end - 86_400_000), to: Math.max(...times, end) }
  return {
    title: `Lottery of ${date}`,
    section: '/results',
    main: html`<p class="big">${lottery.draw ? html`Winner: ${resultOf(lottery)}` : stateOf(lottery, now)}</p>
<dl>
<dt>Ballots</dt><dd>${numberOf(size)}</dd>
${lottery.seal && sealTerms(lottery, lottery.seal)}
${entropyTerms(lottery.entropy)}
${lottery.draw && drawTerms(lottery.draw)}
${evidence && witnessTerms(evidence)}
</dl>
${evidence && (await exclusionsOf(evidence, parts.readAuditLog))}
${evidence && proves(evidence)}
<h2>Downloads</h2>
<ul>
${evidence && html`<li><a href="/lotteries/${date}/evidence" download="${date}-evidence.json">Evidence</a>: all that the draw depends on</li>`}
${size > 0 && html`<li><a href="/lotteries/${date}/ledger" download="${date}-ledger.txt">Ledger</a>: one line for each ballot, without names</li>`}
${evidence && html`<li><a href="/results/${date}/seal.tlog-proof" download>Proof</a> that the seal is in the audit log (tlog-proof)</li>`}
<li><a href="/lotteries/${date}">The lottery as JSON</a></li>
</ul>
${
  points.length > 0 &&
  html`<h2>Ballots over time</h2>
${curveChart(points, range)}`
}`,
  }
}

function sealTerms({ ledger }: LotteryState, seal: NonNullable<LotteryState['seal']>): Html {
  return html`<dt>Could win</dt><dd>${numberOf(ledger.size - seal.excludedCount)}</dd>
<dt>Excluded</dt><dd>${numberOf(seal.excludedCount)}</dd>
<dt>Sealed</dt><dd>${timeOf(seal.at)}, as seal number ${seal.number}</dd>
<dt>Seal hash</dt><dd><code>${hexOf(seal.hash)}</code></dd>
<dt>Root of the ledger</dt><dd><code>${hexOf(headOf(ledger).root)}</code></dd>`
}

function drawTerms({ at, winner, reveal }: NonNullable<LotteryState['draw']>): Html {
  return html`<dt>Drawn</dt><dd>${timeOf(at)}</dd>
${winner && html`<dt>Winning ordinal</dt><dd>${numberOf(winner.ordinal)}</dd>`}
<dt>Revealed</dt><dd><code>${hexOf(reveal)}</code></dd>`
}

function witnessTerms({ trail }: Evidence): Html {
  const cosigners = trail.witnessed ? cosignersOf(trail.witnessed.checkpoint) : []
  return html`<dt>Cosigned by</dt><dd>${
    cosigners.length === 0
      ? trail.isFinal
        ? 'no witness: this service has none'
        : 'no witness yet'
      : html`<ul>${cosigners.map(({ name, at }) => html`<li>${name}, ${timeOf(at)}</li>`)}</ul>`
  }</dd>`
}

/** An evidence that is not there yet, or not any more, is left out of the page. */
function notYet(error: unknown): undefined {
  if (!(error instanceof LotteryNotClosed || error instanceof EvidenceNotReady)) throw error
}
