import type { TreeHead } from '../../ledger/domain/growing-tree.ts'

/** An event whose predecessor does not stand before it in the audit log. */
export interface MisplacedEvent {
  readonly aggregate: string
  readonly seq: number
  readonly index: number
}

/** Reads of the check that no other use case needs. Each sees the rows that were committed when it began. */
export interface AuditLogCheckQueries {
  /** Size of the log's tree and number of its stored subtrees, read together. */
  subtrees(): Promise<{ readonly size: number; readonly subtrees: number }>
  /** Returns events of the indexes `from` to `to`, both included, that do not follow the event before them. */
  misplaced(from: number, to: number): Promise<readonly MisplacedEvent[]>
  /** Returns the heads of cosigned checkpoints of the sizes `from` to `to`, both included, by ascending size. */
  cosignedHeads(from: number, to: number): Promise<readonly TreeHead[]>
}
