import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import type { Month } from '../domain/month.ts'

/** Tables that a dropped month is loaded into, before they are attached. */
export interface MonthTables {
  /** Makes empty tables, in place of those that an interrupted call left. @throws Error when partitions are attached */
  create(month: Month): Promise<void>
  addBallots(month: Month, ballots: readonly ArchivedBallot[]): Promise<void>
  addSubtrees(month: Month, date: string, subtrees: readonly Subtree[]): Promise<void>
}
