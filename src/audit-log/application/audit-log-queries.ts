import type { Hash } from '../../ledger/domain/sha256.ts'
import type { ReadNodes } from '../../ledger/domain/tree-proofs.ts'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { AuditLogEntry } from '../domain/audit-log.ts'

/** Reads that need no lock: each sees what was committed when it began. */
export interface AuditLogQueries {
  /** Size and compact range of the log's tree. */
  head(): Promise<{ readonly size: number; readonly hashes: readonly Hash[] }>
  /** A page in the log's order, after this index; of one aggregate or type where given. */
  entries(page: { after: number; limit: number; aggregate?: string; type?: string }): Promise<readonly AuditLogEntry[]>
  /** The nodes of the log's tree, its leaves computed from the entries. */
  readonly nodes: ReadNodes
  /** Events by the place they say they have in the log, from `from` to `to`, both included. */
  events(from: number, to: number): Promise<readonly { readonly index: number; readonly event: RecordedEvent }[]>
  /** How many events are in no entry yet. */
  waiting(): Promise<number>
}
