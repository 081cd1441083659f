import { barChart } from './charts.ts'
import { html } from './html.ts'
import type { Page } from './layout.ts'
import type { PageParts } from './page-parts.ts'
import { CHI_SQUARE_5_PERCENT, PARTS, winningPositions } from './winning-positions.ts'
import { countOf } from './words.ts'

/** All draws together: whether early or late ballots win more often than chance lets expect. */
export async function drawsPage({ listLotteries }: PageParts): Promise<Page> {
  const { draws, counts, expected, chiSquare } = await winningPositions(listLotteries)
  const label = (part: number) => `${part * 10}-${(part + 1) * 10}%`
  const bars = counts.map((count, part) => ({ label: label(part), count, expected: expected[part] ?? 0 }))
  return {
    title: 'All draws',
    section: '/draws',
    main: html`<p class="big">${countOf(draws, 'draw')} with a winner.</p>
<p>The ballots of each lottery are numbered in the order in which they came. The bars count where in that order the
winners stood; the dashed lines are the counts to expect when every ballot is equally likely.</p>
${draws > 0 && barChart(bars, 'Winners by their place among the ballots of their lottery')}
<p>Chi-square: <strong>${chiSquare.toFixed(2)}</strong>, with ${PARTS - 1} degrees of freedom. Of fair series, one in twenty is above
${CHI_SQUARE_5_PERCENT.toFixed(1)}.${draws < 50 && html` With fewer than 50 draws, this says little.`}
Excluded ballots count as ballots here, though they cannot win.</p>
<h2>Counts</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Counts">
<table><thead><tr><th scope="col">Place</th><th scope="col">Winners</th><th scope="col">Expected</th></tr></thead><tbody>
${bars.map((bar) => html`<tr><th scope="row">${bar.label}</th><td>${bar.count}</td><td>${bar.expected.toFixed(2)}</td></tr>\n`)}</tbody></table></div>`,
  }
}
