import type { Month } from '../domain/month.ts'

/**
 * The partitions that hold a month's ballots and stored subtrees. Each method brings the month into a state. It can be called
 * in any earlier or later state, and again after the process died in the middle.
 */
export interface MonthPartitions {
  /** Where the month's rows are: in the tables, in part at least; in tables of their own; or not in the database. */
  placeOf(month: Month): Promise<'attached' | 'detached' | 'absent'>
  /** @throws Error in a sentence unless the role of the connection owns the tables, as partitions need, and on Citus */
  requireOwner(): Promise<void>
  /** Takes the month's partitions out of the tables, while submits and reads go on. The rows stay in tables of their own. */
  detach(month: Month): Promise<void>
  /** Puts detached partitions back. @throws Error when they were dropped */
  attach(month: Month): Promise<void>
  /** Drops detached partitions. @throws Error when they are attached */
  drop(month: Month): Promise<void>
}
