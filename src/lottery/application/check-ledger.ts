import { checkTree, storedSubtreesOf } from '../../ledger/application/check-tree.ts'
import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { ballotLeafOf } from '../domain/ledger-entry.ts'
import type { LedgerNodes } from '../domain/ledger-proofs.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { LotteryCheckQueries } from './lottery-check-queries.ts'

/** Recomputes a lottery's ledger from its stored ballots, and compares it with the stored one. */
export class CheckLedger {
  readonly #queries: LotteryCheckQueries
  readonly #nodes: LedgerNodes

  constructor(queries: LotteryCheckQueries, nodes: LedgerNodes) {
    this.#queries = queries
    this.#nodes = nodes
  }

  /** Returns a sentence for every difference. Calls `onProgress` with the number of ballots read so far. */
  async execute({ date, ledger }: LotteryState, onProgress?: (ballots: number) => void): Promise<string[]> {
    const times = new SubmissionTimes(date)
    const findings = await checkTree({
      ...ledger,
      read: async (level, from, to) => {
        if (level > 0) return this.#nodes.subtrees(date, level, from, to)
        return times.pass(await this.#queries.ballots(date, from + 1, to + 1))
      },
      nameOf: (index) => `ballot ${index + 1}`,
      plural: 'ballots',
      onProgress,
    })
    return [...findings, ...times.findings, ...(await this.#surplusFindings(date))]
  }

  /** Finds rows of a ledger that was dropped from the database. */
  async departed({ date }: LotteryState): Promise<string[]> {
    const { first, subtrees } = await this.#queries.ledgerCounts(date)
    const findings = first === null ? [] : [`ballot ${first} is stored, although its month was dropped`]
    return subtrees === 0
      ? findings
      : [...findings, `${subtrees} subtrees are stored, although their month was dropped`]
  }

  /** Finds rows that do not belong to the ledger. It may have grown during the check, so its size is read again. */
  async #surplusFindings(date: CalendarDate): Promise<string[]> {
    const { size, first, last, subtrees } = await this.#queries.ledgerCounts(date)
    const findings: string[] = []
    if (first !== null && first < 1) findings.push(`ballot ${first} is stored before the first`)
    if (last !== null && last > size) findings.push(`ballot ${last} is stored beyond the count of ${size}`)
    const expected = storedSubtreesOf(size)
    if (subtrees > expected) findings.push(`${subtrees} subtrees are stored, ${size} ballots have ${expected}`)
    return findings
  }
}

/** Checks the times of ballots that pass by in order, on the way to their leaves. */
class SubmissionTimes {
  readonly findings: string[] = []
  readonly #endOfDay: Instant
  #last = 0

  constructor(date: CalendarDate) {
    this.#endOfDay = CalendarDate.endOf(date)
  }

  pass(ballots: readonly StoredBallot[]): Subtree[] {
    return ballots.map((ballot) => {
      const { ordinal, submittedAt } = ballot
      if (submittedAt < this.#last) this.findings.push(`ballot ${ordinal} was submitted before the ballot before it`)
      if (submittedAt >= this.#endOfDay) this.findings.push(`ballot ${ordinal} was submitted after the lottery's day`)
      this.#last = submittedAt
      return { level: 0, index: ordinal - 1, hash: ballotLeafOf(ballot) }
    })
  }
}
