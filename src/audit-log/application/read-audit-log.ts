import { InvalidLedgerSize } from '../../ledger/domain/errors.ts'
import { headOf, type TreeHead } from '../../ledger/domain/growing-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import { TreeProofs } from '../../ledger/domain/tree-proofs.ts'
import { type EventDocument, eventLeafOf } from '../domain/audit-log.ts'
import { AuditLogEntryNotFound } from '../domain/errors.ts'
import { AUDIT_LOG, type AuditCheckpoints } from './audit-checkpoints.ts'
import type { AuditLogPage, AuditLogQueries } from './audit-log-queries.ts'
import type { CosignedCheckpoints } from './cosigned-checkpoints.ts'

/** Entries in memory at once while the whole log is sent. */
const PAGE = 500

export interface AuditLogProof {
  readonly index: number
  readonly size: number
  readonly leafHash: Hash
  readonly root: Hash
  readonly proof: readonly Hash[]
}

/** Reads entries, checkpoints and proofs of the audit log. */
export class ReadAuditLog {
  readonly #queries: AuditLogQueries
  readonly #proofs: TreeProofs
  readonly #checkpoints: AuditCheckpoints
  readonly #cosigned: CosignedCheckpoints

  constructor(queries: AuditLogQueries, checkpoints: AuditCheckpoints, cosigned: CosignedCheckpoints) {
    this.#queries = queries
    this.#proofs = new TreeProofs(queries.nodes)
    this.#checkpoints = checkpoints
    this.#cosigned = cosigned
  }

  /** A page in the log's order. */
  async list(page: AuditLogPage): Promise<{ index: number; event: EventDocument }[]> {
    const entries = await this.#queries.entries(page)
    return entries.map(({ index, text }) => ({ index, event: JSON.parse(text) as EventDocument }))
  }

  /** Checkpoint of the present log, with the cosignatures that are stored for its size. */
  async checkpoint(): Promise<string> {
    return this.#cosignedOrSigned(headOf(await this.#queries.tree()))
  }

  /** Checkpoint of the size of a proof, with the cosignatures that are stored for this size. */
  async checkpointOf({ size, root }: AuditLogProof): Promise<string> {
    return this.#cosignedOrSigned({ size, root })
  }

  /**
   * Texts of the entries from `from` up to, not including, `to`; without `to`, up to the end of the present log. One page
   * is in memory at a time.
   * @throws InvalidLedgerSize
   */
  async entries(from: number, to: number | undefined): Promise<AsyncGenerator<string[]>> {
    const { size } = await this.#queries.tree()
    const end = to ?? size
    if (from > end || end > size) throw InvalidLedgerSize.forConsistency(size, AUDIT_LOG)
    return this.#pages(from, end)
  }

  /**
   * Proof that an entry is in the log of this size; without a size, in the present log.
   * @throws AuditLogEntryNotFound | InvalidLedgerSize
   */
  async inclusion(index: number, size: number | undefined): Promise<AuditLogProof> {
    const tree = await this.#queries.tree()
    const [entry] = await this.#queries.entries({ after: index - 1, limit: 1 })
    if (entry?.index !== index || index >= tree.size) throw new AuditLogEntryNotFound(index)
    const within = size ?? tree.size
    if (within <= index || within > tree.size) throw InvalidLedgerSize.forInclusion(index + 1, tree.size, AUDIT_LOG)
    const { proof, root } = await this.#proofs.inclusion(index, within, within === tree.size ? tree.hashes : [])
    return { index, size: within, leafHash: eventLeafOf(entry.text), root, proof }
  }

  /** Proof that the log of `from` entries is the beginning of the log of `to` entries. @throws InvalidLedgerSize */
  async consistency(from: number, to: number): Promise<readonly Hash[]> {
    const { size } = await this.#queries.tree()
    if (from > to || to > size) throw InvalidLedgerSize.forConsistency(size, AUDIT_LOG)
    return this.#proofs.consistency(from, to)
  }

  async *#pages(from: number, to: number): AsyncGenerator<string[]> {
    for (let start = from; start < to; start += PAGE) {
      const page = await this.#queries.entries({ after: start - 1, limit: Math.min(PAGE, to - start) })
      yield page.map(({ text }) => text)
    }
  }

  async #cosignedOrSigned(head: TreeHead): Promise<string> {
    const cosigned = await this.#cosigned.covering(head.size - 1, 1)
    return cosigned?.size === head.size ? cosigned.note : this.#checkpoints.sign(head)
  }
}
