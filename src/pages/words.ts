import { CalendarDate } from '../lottery/domain/calendar-date.ts'
import { type LotteryState, type LotteryStatus, statusOf } from '../lottery/domain/lottery-state.ts'
import type { Instant } from '../shared/domain/instant.ts'
import { type Html, html } from './html.ts'

/** Words and numbers that several pages write in the same way. */

const STATUS: Readonly<Record<LotteryStatus, string>> = {
  open: 'open: it accepts ballots',
  sealed: 'sealed: its ballots are fixed, and the draw waits for its randomness',
  closed: 'drawn',
}

export function timeOf(instant: Instant): Html {
  const iso = new Date(instant).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`
}

export function countOf(count: number, noun: string): string {
  return `${numberOf(count)} ${noun}${count === 1 ? '' : 's'}`
}

export function numberOf(count: number): string {
  return count.toLocaleString('en-US')
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Where a lottery stands. A lottery that is not sealed after its day is overdue. */
export function stateOf(lottery: LotteryState, now: Instant): string {
  const status = statusOf(lottery)
  return status === 'open' && now >= CalendarDate.endOf(lottery.date) ? 'over: its seal is overdue' : STATUS[status]
}

/** The result in one line. */
export function resultOf({ draw, ledger }: LotteryState): Html | string {
  if (!draw) return 'not drawn yet'
  if (draw.winner) return html`ballot <code>${draw.winner.ballotId}</code>`
  return ledger.size === 0 ? 'no ballots, no winner' : 'no winner: every ballot was excluded'
}
