import type { CheckpointSigner } from '../../shared/domain/checkpoint.ts'
import { CompactRange } from '../../shared/domain/merkle.ts'
import type { Hash } from '../../shared/domain/sha256.ts'
import { TreeProofs } from '../../shared/domain/tree-proofs.ts'
import { type EventDocument, leafOf } from '../domain/audit-log.ts'
import { AuditEntryNotFound, AuditLogTooSmall } from '../domain/errors.ts'
import type { AuditQueries } from './audit-queries.ts'

export interface AuditProof {
  readonly index: number
  readonly size: number
  readonly leafHash: Hash
  readonly root: Hash
  readonly proof: readonly Hash[]
}

/** What anybody may know of the audit log. */
export class ReadAuditLog {
  readonly #queries: AuditQueries
  readonly #proofs: TreeProofs
  readonly #signer: CheckpointSigner

  constructor(queries: AuditQueries, signer: CheckpointSigner) {
    this.#queries = queries
    this.#proofs = new TreeProofs(queries.nodes)
    this.#signer = signer
  }

  /** A page in the log's order. */
  async list(page: Parameters<AuditQueries['entries']>[0]): Promise<{ index: number; event: EventDocument }[]> {
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
   * @throws AuditEntryNotFound | AuditLogTooSmall
   */
  async inclusion(index: number, size: number | undefined): Promise<AuditProof> {
    const head = await this.#queries.head()
    const [entry] = await this.#queries.entries({ after: index - 1, limit: 1 })
    if (entry?.index !== index || index >= head.size) throw new AuditEntryNotFound(index)
    const within = size ?? head.size
    if (within <= index || within > head.size) throw new AuditLogTooSmall(index + 1, head.size)
    const { proof, root } = await this.#proofs.inclusion(index, within, within === head.size ? head.hashes : [])
    return { index, size: within, leafHash: leafOf(entry.text), root, proof }
  }

  /** Proof that the log of `from` entries is the beginning of that of `to`. @throws AuditLogTooSmall */
  async consistency(from: number, to: number): Promise<readonly Hash[]> {
    const { size } = await this.#queries.head()
    if (from > to || to > size) throw new AuditLogTooSmall(from, size)
    return this.#proofs.consistency(from, to)
  }
}
