import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { LedgerNodes } from '../domain/ledger-proofs.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'
import type { LotteryQueries } from './lottery-queries.ts'

/** The ports of this context that a storage technology implements. */
export interface LotteryStorage {
  readonly unitOfWork: UnitOfWork<LotteryRepos>
  readonly queries: LotteryQueries
  readonly ledgerNodes: LedgerNodes
  /** Creates the partitions for ballots of this month and the next, by the database's clock, unless they exist. */
  prepareMonths(): Promise<void>
}
