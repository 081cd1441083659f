import type { TreeState } from '../../ledger/domain/growing-tree.ts'
import type { ReadNodes } from '../../ledger/domain/tree-proofs.ts'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { AuditLogEntry } from '../domain/audit-log.ts'

export interface AuditLogPage {
  /** Index before the first entry of the page; -1 for the first page. */
  readonly after: number
  readonly limit: number
  readonly aggregate?: string
  readonly type?: string
}

/** Reads that need no lock. Each sees the rows that were committed when it began. */
export interface AuditLogQueries {
  /** Size and compact range of the log's tree. */
  tree(): Promise<TreeState>
  /** A page in the log's order, of one aggregate or type where given. */
  entries(page: AuditLogPage): Promise<readonly AuditLogEntry[]>
  /** Reads nodes of the log's tree. Leaves are computed from the entries. */
  readonly nodes: ReadNodes
  /** Recorded events by the index that they are marked with, from `from` to `to`, both included. */
  events(from: number, to: number): Promise<readonly { readonly index: number; readonly event: RecordedEvent }[]>
  /** Count of recorded events that the log does not hold yet. */
  waiting(): Promise<number>
}
