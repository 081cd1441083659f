import { CompactRange } from '../../ledger/domain/merkle-tree.ts'
import { type Ballot, isNamed } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound } from '../domain/errors.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { CheckDraw } from './check-draw.ts'
import type { CheckExclusions } from './check-exclusions.ts'
import type { CheckKeptBallots } from './check-kept-ballots.ts'
import type { CheckLedger } from './check-ledger.ts'
import { checkLotteryEvents } from './check-lottery-events.ts'
import { checkSealChain } from './check-seal-chain.ts'
import type { Departure, LotteryCheckQueries, StoredLottery } from './lottery-check-queries.ts'
import type { NodesOverArchive } from './nodes-over-archive.ts'

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

/** The checks of the parts of a lottery. */
export interface LotteryChecks {
  readonly ledger: CheckLedger
  readonly exclusions: CheckExclusions
  readonly keptBallots: CheckKeptBallots
  readonly draw: CheckDraw
}

/** Checks one lottery or all of them, and in both cases the chain of all seals and the rows that belong to no lottery. */
export class CheckStoredLotteries {
  readonly #queries: LotteryCheckQueries
  readonly #nodes: NodesOverArchive
  readonly #checks: LotteryChecks

  constructor(queries: LotteryCheckQueries, nodes: NodesOverArchive, checks: LotteryChecks) {
    this.#queries = queries
    this.#nodes = nodes
    this.#checks = checks
  }

  /**
   * Reports each lottery once it is checked, newest first.
   * @throws LotteryNotFound | RangeError when `date` is not a date
   */
  async *execute(date?: string, onProgress: OnProgress = () => {}): AsyncGenerator<CheckReport> {
    for await (const lottery of date === undefined ? this.#all() : this.#only(CalendarDate.parse(date))) {
      yield this.#report(lottery, onProgress)
    }
    const seals = await this.#queries.seals()
    yield { subject: `chain of ${seals.length} seals`, findings: checkSealChain(seals) }
    const strays = await this.#queries.strayRows()
    yield {
      subject: 'no rows without a lottery',
      findings: strays.map(({ rows, date }) => `${rows} are stored for ${date}, which has no lottery`),
    }
  }

  /** Checks again when the ballots left the database during the check. */
  async #report(lottery: StoredLottery, onProgress: OnProgress): Promise<CheckReport> {
    const { date, ledger } = lottery.state
    const departure = await this.#queries.departureOf(date)
    const findings = await this.#findings(lottery, departure, onProgress)
    if (findings.length > 0 && !departure && (await this.#queries.departureOf(date)))
      return this.#report(lottery, onProgress)
    return { subject: `${date}, ${ledger.size} ballots${departure ? ', in the archive' : ''}`, findings }
  }

  async #findings(lottery: StoredLottery, departure: Departure | undefined, onProgress: OnProgress): Promise<string[]> {
    const { state, oddColumns } = lottery
    const { date, ledger } = state
    const checks = this.#checks
    const exclusions = await checks.exclusions.stored(lottery)
    const findings = [
      ...oddColumns.map((column) => `the column ${column} contradicts the lottery's other facts`),
      ...(await this.#ledgerFindings(state, departure, onProgress)),
      ...(await checks.exclusions.execute(lottery, exclusions)),
    ]
    // Without a root, there is nothing to compare the seal, the draw and the events with.
    if (!CompactRange.fits(ledger.size, ledger.hashes))
      return [...findings, 'the ballot count does not fit the compact range']
    const isReadable = !departure || (await this.#nodes.areInArchive(date))
    const expected = { isComplete: departure !== undefined, nodes: isReadable ? this.#nodes : undefined }
    const winning = await this.#winning(state)
    return [
      ...findings,
      ...(await checks.keptBallots.execute(state, exclusions, expected)),
      ...checks.draw.execute(lottery, exclusions, winning),
      ...checkLotteryEvents(lottery, winning),
    ]
  }

  async #ledgerFindings(state: LotteryState, departure: Departure | undefined, onProgress: OnProgress) {
    const { date, ledger } = state
    if (departure === 'detached') return []
    if (departure === 'dropped') return this.#checks.ledger.departed(state)
    return this.#checks.ledger.execute(state, (ballots) => onProgress({ date, ballots, of: ledger.size }))
  }

  /** The ballot at the winner's ordinal: the stored one, else the kept one. */
  async #winning({ date, draw }: LotteryState): Promise<Ballot | undefined> {
    if (!draw?.winner) return undefined
    const { ordinal } = draw.winner
    const [stored] = (await this.#queries.ballots(date, ordinal, ordinal)).filter(isNamed)
    return stored ?? this.#checks.keptBallots.find(date, ordinal)
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
