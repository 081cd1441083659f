import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { LedgerNodes } from '../domain/ledger-proofs.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'
import type { BallotsOfUser } from './ballots-of-user.ts'
import type { KeptBallots } from './kept-ballots.ts'
import type { LotteryQueries } from './lottery-queries.ts'

/** The ports of this context that a storage technology implements. */
export interface LotteryStorage {
  readonly unitOfWork: UnitOfWork<LotteryRepos>
  readonly queries: LotteryQueries
  readonly ledgerNodes: LedgerNodes
  readonly keptBallots: KeptBallots
  readonly ballotsOfUser: BallotsOfUser
  /** Creates the partitions of all months up to `daysAhead` days from today, by the database's clock, unless they exist. */
  prepareMonths(daysAhead: number): Promise<void>
  /** Resolves when something can be stored at the moment. @throws DatabaseUnavailable */
  tryWrite(): Promise<void>
}
