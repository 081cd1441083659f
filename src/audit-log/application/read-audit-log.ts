import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { CompactRange } from '../../ledger/domain/merkle-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import { TreeProofs } from '../../ledger/domain/tree-proofs.ts'
import { type EventDocument, eventLeafOf } from '../domain/audit-log.ts'
import { AuditLogEntryNotFound, InvalidAuditLogSize } from '../domain/errors.ts'
import type { AuditLogQueries } from './audit-log-queries.ts'

export interface AuditLogProof {
  readonly index: number
  readonly size: number
  readonly leafHash: Hash
  readonly root: Hash
  readonly proof: readonly Hash[]
}

/** What anybody may know of the audit log. */
export class ReadAuditLog {
  readonly #queries: AuditLogQueries
  readonly #proofs: TreeProofs
  readonly #signer: CheckpointSigner

  constructor(queries: AuditLogQueries, signer: CheckpointSigner) {
    this.#queries = queries
    this.#proofs = new TreeProofs(queries.nodes)
    this.#signer = signer
  }

  /** A page in the log's order. */
  async list(page: Parameters<AuditLogQueries['entries']>[0]): Promise<{ index: number; event: EventDocument }[]> {
    const entries = await this.#queries.entries(page)
    return entries.map(({ index, text }) => ({ index, event: JSON.parse(text) as EventDocument }))
  }

  /** The signed note over the log as it is now; its origin is `<ledger name>/audit`. */
  async checkpoint(): Promise<string> {
    const { size, hashes } = await this.#queries.head()
    return this.#signer.sign({ origin: `${this.#signer.name}/audit`, size, root: new CompactRange(size, hashes).root })
  }

  /**
   * Proof that an entry is in the log of this size, or in the log as it is now.
   * @throws AuditLogEntryNotFound | InvalidAuditLogSize
   */
  async inclusion(index: number, size: number | undefined): Promise<AuditLogProof> {
    const head = await this.#queries.head()
    const [entry] = await this.#queries.entries({ after: index - 1, limit: 1 })
    if (entry?.index !== index || index >= head.size) throw new AuditLogEntryNotFound(index)
    const within = size ?? head.size
    if (within <= index || within > head.size) throw new InvalidAuditLogSize(index + 1, head.size)
    const { proof, root } = await this.#proofs.inclusion(index, within, within === head.size ? head.hashes : [])
    return { index, size: within, leafHash: eventLeafOf(entry.text), root, proof }
  }

  /** Proof that the log of `from` entries is the beginning of that of `to`. @throws InvalidAuditLogSize */
  async consistency(from: number, to: number): Promise<readonly Hash[]> {
    const { size } = await this.#queries.head()
    if (from > to || to > size) throw new InvalidAuditLogSize(from, size)
    return this.#proofs.consistency(from, to)
  }
}
