import { CompactRange } from '../../ledger/domain/merkle-tree.ts'
import { isNamed } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound } from '../domain/errors.ts'
import type { CheckDraw } from './check-draw.ts'
import type { CheckExclusions } from './check-exclusions.ts'
import type { CheckLedger } from './check-ledger.ts'
import { checkLotteryEvents } from './check-lottery-events.ts'
import { checkSealChain } from './check-seal-chain.ts'
import type { LotteryCheckQueries, StoredLottery } from './lottery-check-queries.ts'

const PAGE = 100

export interface CheckReport {
  /** The checked lottery, or what else was checked. */
  readonly subject: string
  /** A sentence for every difference between the stored and the recomputed facts. */
  readonly findings: readonly string[]
}

/** Called during the check of a lottery with the number of its ballots read so far. */
export type OnProgress = (lottery: {
  readonly date: CalendarDate
  readonly ballots: number
  readonly of: number
}) => void

/** Checks one lottery or all of them, and in both cases the chain of all seals and the rows that belong to no lottery. */
export class CheckStoredLotteries {
  readonly #queries: LotteryCheckQueries
  readonly #checkLedger: CheckLedger
  readonly #checkDraw: CheckDraw
  readonly #checkExclusions: CheckExclusions

  constructor(
    queries: LotteryCheckQueries,
    checkLedger: CheckLedger,
    checkDraw: CheckDraw,
    checkExclusions: CheckExclusions,
  ) {
    this.#queries = queries
    this.#checkLedger = checkLedger
    this.#checkDraw = checkDraw
    this.#checkExclusions = checkExclusions
  }

  /**
   * Reports each lottery once it is checked, newest first.
   * @throws LotteryNotFound | RangeError when `date` is not a date
   */
  async *execute(date?: string, onProgress: OnProgress = () => {}): AsyncGenerator<CheckReport> {
    for await (const lottery of date === undefined ? this.#all() : this.#only(CalendarDate.parse(date))) {
      const { date, ledger } = lottery.state
      yield { subject: `${date}, ${ledger.size} ballots`, findings: await this.#findings(lottery, onProgress) }
    }
    const seals = await this.#queries.seals()
    yield { subject: `chain of ${seals.length} seals`, findings: checkSealChain(seals) }
    const strays = await this.#queries.strayRows()
    yield {
      subject: 'no rows without a lottery',
      findings: strays.map(({ rows, date }) => `${rows} are stored for ${date}, which has no lottery`),
    }
  }

  async #findings(lottery: StoredLottery, onProgress: OnProgress): Promise<string[]> {
    const { state, oddColumns } = lottery
    const { date, ledger, draw } = state
    const of = ledger.size
    const exclusions = await this.#checkExclusions.stored(lottery)
    const findings = [
      ...oddColumns.map((column) => `the column ${column} contradicts the lottery's other facts`),
      ...(await this.#checkLedger.execute(state, (ballots) => onProgress({ date, ballots, of }))),
      ...(await this.#checkExclusions.execute(lottery, exclusions)),
    ]
    // Without a root, there is nothing to compare the seal, the draw and the events with.
    if (!CompactRange.fits(of, ledger.hashes)) return [...findings, 'the ballot count does not fit the compact range']
    const ordinal = draw?.winner?.ordinal ?? 0
    const [winning] = (await this.#queries.ballots(date, ordinal, ordinal)).filter(isNamed)
    return [
      ...findings,
      ...this.#checkDraw.execute(lottery, exclusions, winning),
      ...checkLotteryEvents(lottery, winning),
    ]
  }

  async *#only(date: CalendarDate): AsyncGenerator<StoredLottery> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    yield lottery
  }

  async *#all(): AsyncGenerator<StoredLottery> {
    for (let before: CalendarDate | undefined; ; ) {
      const page = await this.#queries.list({ limit: PAGE, ...(before && { before }) })
      yield* page
      before = page.at(-1)?.state.date
      if (!before) return
    }
  }
}
