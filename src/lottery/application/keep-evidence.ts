import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotClosed, LotteryNotFound } from '../domain/errors.ts'
import type { LedgerNodes } from '../domain/ledger-proofs.ts'
import type { Exclusion } from '../domain/seal.ts'
import { CheckKeptBallots } from './check-kept-ballots.ts'
import type { KeptBallots, KeptPlace } from './kept-ballots.ts'
import type { LotteryQueries } from './lottery-queries.ts'
import { WinningBallots } from './winning-ballots.ts'

/** Excluded ballots that are kept by one statement. */
const PAGE = 2_000

/** Keeps the ballots that a closed lottery's evidence names, before its ballots leave the database. Can be repeated. */
export class KeepEvidence {
  readonly #queries: LotteryQueries
  readonly #nodes: LedgerNodes
  readonly #kept: KeptBallots
  readonly #winners: WinningBallots
  readonly #check: CheckKeptBallots

  constructor(queries: LotteryQueries, nodes: LedgerNodes, kept: KeptBallots) {
    this.#queries = queries
    this.#nodes = nodes
    this.#kept = kept
    this.#winners = new WinningBallots(queries, nodes, kept)
    this.#check = new CheckKeptBallots(kept)
  }

  /**
   * Keeps the ballots and compares them with the sealed ledger. It reads the whole ledger when many are excluded.
   *
   * @throws LotteryNotFound | LotteryNotClosed, or Error that names the differences: the ballots must not leave then
   */
  async execute(date: CalendarDate): Promise<void> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    if (!lottery.draw) throw new LotteryNotClosed(date)
    const { ledger, seal, draw } = lottery

    if (draw.winner) {
      const { ordinal } = draw.winner
      const ballot = await this.#winners.find(date, ordinal)
      await this.#kept.add({ ...ballot, proof: await this.#winners.proof(date, ordinal, ledger.size) })
    }
    for (let after: number | undefined = 0; after !== undefined; )
      after = await this.#kept.addExcluded({ date, after, limit: PAGE })
    const exclusions = await this.#exclusions(date)
    const findings = await this.#check.execute(lottery, exclusions, { isComplete: true, nodes: this.#nodes })
    if (exclusions.length !== seal?.excludedCount)
      findings.push(`${exclusions.length} excluded ballots are stored, ${seal?.excludedCount} are sealed`)
    if (findings.length > 0) throw new Error(`the evidence of ${date} is not kept: ${findings.slice(0, 3).join('; ')}`)
  }

  /** Returns those of these places whose ballots are kept. */
  async keptAt<Place extends KeptPlace>(places: readonly Place[]): Promise<readonly Place[]> {
    return this.#kept.keptAt(places)
  }

  async #exclusions(date: CalendarDate): Promise<readonly Exclusion[]> {
    const exclusions: Exclusion[] = []
    for (;;) {
      const after = exclusions.at(-1)?.ordinal ?? 0
      const page = await this.#queries.exclusions({ date, after, limit: PAGE })
      for (const { ordinal, eventId } of page) exclusions.push({ ordinal, eventId })
      if (page.length < PAGE) return exclusions
    }
  }
}
