import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { InvalidLedgerSize } from '../../ledger/domain/errors.ts'
import { headOf } from '../../ledger/domain/growing-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import { TreeProofs } from '../../ledger/domain/tree-proofs.ts'
import { type EventDocument, eventLeafOf } from '../domain/audit-log.ts'
import { AuditLogEntryNotFound } from '../domain/errors.ts'
import type { AuditLogPage, AuditLogQueries } from './audit-log-queries.ts'

const LEDGER = 'the audit log'

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
  readonly #signer: CheckpointSigner

  constructor(queries: AuditLogQueries, signer: CheckpointSigner) {
    this.#queries = queries
    this.#proofs = new TreeProofs(queries.nodes)
    this.#signer = signer
  }

  /** A page in the log's order. */
  async list(page: AuditLogPage): Promise<{ index: number; event: EventDocument }[]> {
    const entries = await this.#queries.entries(page)
    return entries.map(({ index, text }) => ({ index, event: JSON.parse(text) as EventDocument }))
  }

  /** Signed note over the present log. Its origin is `<ledger name>/audit`. */
  async checkpoint(): Promise<string> {
    return this.#signer.sign({ origin: `${this.#signer.name}/audit`, ...headOf(await this.#queries.tree()) })
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
    if (within <= index || within > tree.size) throw InvalidLedgerSize.forInclusion(index + 1, tree.size, LEDGER)
    const { proof, root } = await this.#proofs.inclusion(index, within, within === tree.size ? tree.hashes : [])
    return { index, size: within, leafHash: eventLeafOf(entry.text), root, proof }
  }

  /** Proof that the log of `from` entries is the beginning of the log of `to` entries. @throws InvalidLedgerSize */
  async consistency(from: number, to: number): Promise<readonly Hash[]> {
    const { size } = await this.#queries.tree()
    if (from > to || to > size) throw InvalidLedgerSize.forConsistency(size, LEDGER)
    return this.#proofs.consistency(from, to)
  }
}
