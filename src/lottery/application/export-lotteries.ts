import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { headOf } from '../../ledger/domain/growing-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { Ballot, StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { ledgerEntryOf } from '../domain/ledger-entry.ts'
import { type LotteryState, statusOf } from '../domain/lottery-state.ts'
import type { Days, ExportQueries } from './export-queries.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'

/** Ballots in memory at once. */
const PAGE = 2_000

export interface ExportedLottery {
  readonly date: CalendarDate
  readonly ballotCount: number
  readonly root: Hash
  readonly sealHash: Hash
  readonly winnerOrdinal: number | null
  /** Signed note over the sealed ledger. */
  readonly checkpoint: string
}

/** Hands out everything of closed lotteries that leaves the database, page by page. */
export class ExportLotteries {
  readonly #queries: ExportQueries
  readonly #signer: CheckpointSigner

  constructor(queries: ExportQueries, signer: CheckpointSigner) {
    this.#queries = queries
    this.#signer = signer
  }

  /** Returns the dates of all lotteries before `before`, oldest first. */
  async datesBefore(before: string): Promise<readonly string[]> {
    return this.#queries.datesBefore(CalendarDate.parse(before))
  }

  /** Returns what keeps lotteries of these days in the database, in sentences. */
  async obstacles(days: Days): Promise<string[]> {
    const lotteries = await this.#queries.lotteries(days)
    const pending = await this.#queries.withPendingEvents(days)
    return [
      ...lotteries
        .filter(({ draw }) => !draw)
        .map((lottery) => `the lottery of ${lottery.date} is ${statusOf(lottery)}, not closed`),
      ...pending.map((date) => `an event of the lottery of ${date} is not in the audit log, or not published`),
    ]
  }

  /** Returns the closed lotteries of these days, oldest first. */
  async lotteries(days: Days): Promise<readonly ExportedLottery[]> {
    const lotteries = await this.#queries.lotteries(days)
    return lotteries.flatMap((lottery) => this.#exported(lottery))
  }

  async *ballots(days: Days): AsyncGenerator<readonly StoredBallot[]> {
    for (const { date } of await this.#queries.lotteries(days)) yield* this.ballotsOf(date)
  }

  async *ballotsOf(date: CalendarDate): AsyncGenerator<readonly StoredBallot[]> {
    yield* pages((last: StoredBallot | undefined) =>
      this.#queries.byOrdinal({ date, after: last?.ordinal ?? 0, limit: PAGE }),
    )
  }

  /** Ledger entries of a lottery in ordinal order. */
  async *entriesOf(date: CalendarDate): AsyncGenerator<readonly Uint8Array[]> {
    for await (const page of this.ballotsOf(date)) yield page.map(ledgerEntryOf)
  }

  entryOf(ballot: StoredBallot): Uint8Array {
    return ledgerEntryOf(ballot)
  }

  /** By date, then by id. */
  async *ballotsById(days: Days): AsyncGenerator<readonly StoredBallot[]> {
    for (const { date } of await this.#queries.lotteries(days)) {
      yield* pages((last: StoredBallot | undefined) => this.#queries.byId({ date, after: last?.id, limit: PAGE }))
    }
  }

  /** By user, date and ordinal; without the ballots of forgotten users. */
  async *ballotsByUser(days: Days): AsyncGenerator<readonly Ballot[]> {
    yield* pages((after: Ballot | undefined) => this.#queries.byUser({ ...days, after, limit: PAGE }))
  }

  #exported({ date, ledger, seal, draw }: LotteryState): ExportedLottery[] {
    if (!seal || !draw) return []
    const head = headOf(ledger)
    const checkpoint = signedCheckpoint(this.#signer, date, head)
    const winnerOrdinal = draw.winner?.ordinal ?? null
    return [{ date, ballotCount: head.size, root: head.root, sealHash: seal.hash, winnerOrdinal, checkpoint }]
  }
}

async function* pages<T>(next: (last: T | undefined) => Promise<readonly T[]>): AsyncGenerator<readonly T[]> {
  for (let last: T | undefined; ; ) {
    const page = await next(last)
    if (page.length > 0) yield page
    if (page.length < PAGE) return
    last = page.at(-1)
  }
}
