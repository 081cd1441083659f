import type { Hash } from '../../ledger/domain/sha256.ts'
import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import type { Month } from '../domain/month.ts'
import type { BallotPages, BallotPlace } from './ballot-files.ts'

/** Sealed facts of a lottery. */
export interface ClosedLottery {
  /** `YYYY-MM-DD` */
  readonly date: string
  readonly ballotCount: number
  readonly root: Hash
  readonly sealHash: Hash
  /** Null without a winner. */
  readonly winnerOrdinal: number | null
  /** Signed note over the sealed ledger. */
  readonly checkpoint: string
}

/** Port to the lotteries and the events that are archived. */
export interface MonthSource {
  /** Returns the months before `before` that have lotteries, oldest first. */
  months(before: Month): Promise<readonly Month[]>
  /** Returns, in sentences, why the month cannot be archived yet. */
  obstacles(month: Month): Promise<readonly string[]>
  /** Returns the month's closed lotteries, oldest first. */
  lotteries(month: Month): Promise<readonly ClosedLottery[]>
  /** Recomputes everything that is stored of a lottery. Returns a sentence for every difference. */
  check(date: string, onProgress: (ballots: number) => void): Promise<readonly string[]>
  /** By date and ordinal. */
  ballots(month: Month): BallotPages
  /** By date and id. */
  ballotsById(month: Month): BallotPages<'ballots_by_id'>
  /** By user, date and ordinal; without the ballots of forgotten users. */
  ballotsByUser(month: Month): BallotPages<'ballots_by_user'>
  /** Ledger entries of a lottery in ordinal order, 64 bytes each. */
  entries(date: string): AsyncIterable<readonly Uint8Array[]>
  /** Computes the ledger entry of a ballot. */
  entryOf(ballot: ArchivedBallot): Uint8Array
  /** Returns those of the places whose ballots evidence names. */
  keptAt(places: readonly BallotPlace[]): Promise<readonly BallotPlace[]>
  /** The evidence of a closed lottery, in pieces. */
  evidence(date: string): AsyncIterable<string>
  /** Entries of the audit log whose events occurred in the month: their canonical texts, in the log's order. */
  events(month: Month): AsyncIterable<readonly string[]>
  /** Copies to a table of their own what the evidence of a lottery needs of its ballots. Can be repeated. */
  keepEvidence(date: string): Promise<void>
}

/** Port to the audit log. */
export interface ArchiveTrail {
  /**
   * Returns whether the events of an aggregate are in the audit log and, where witnesses are configured, cosigned. Waits some
   * seconds for it.
   */
  isFixed(aggregate: string): Promise<boolean>
}
