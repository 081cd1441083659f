import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import { TreeProofs } from '../../ledger/domain/tree-proofs.ts'
import type { AuditLogQueries } from './audit-log-queries.ts'
import type { CollectCosignatures } from './collect-cosignatures.ts'
import type { KeptCheckpoint } from './kept-checkpoint.ts'

/**
 * Finds out whether the database was restored from an older backup. A service that went on from there would sign a second
 * history of the audit log, which its readers hold for a fraud.
 */
export class RefuseRollback {
  readonly #queries: AuditLogQueries
  readonly #proofs: TreeProofs
  readonly #kept: KeptCheckpoint
  readonly #collectCosignatures: CollectCosignatures | undefined

  constructor(queries: AuditLogQueries, kept: KeptCheckpoint, collectCosignatures: CollectCosignatures | undefined) {
    this.#queries = queries
    this.#proofs = new TreeProofs(queries.nodes)
    this.#kept = kept
    this.#collectCosignatures = collectCosignatures
  }

  /**
   * Compares the audit log with the checkpoint that was signed last, and with what its witnesses cosigned. An unreachable
   * witness is passed over after a few seconds.
   * @throws Error when one of them is not of this log
   */
  async execute(): Promise<void> {
    await this.#compareWithKept()
    for (const { witness, result, size } of (await this.#collectCosignatures?.execute())?.reports ?? []) {
      if (result === 'ahead') throw await this.#refusal(`the witness ${witness} cosigned ${size} entries`)
      if (result === 'forked') throw await this.#refusal(`the witness ${witness} cosigned other entries`)
    }
  }

  async #compareWithKept(): Promise<void> {
    const kept = await this.#kept.read()
    if (!kept) return
    const { size } = await this.#queries.tree()
    if (kept.size > size) throw await this.#refusal(`a checkpoint of ${kept.size} entries was signed`, 'kept')
    if (!sameBytes(await this.#proofs.root(kept.size), kept.root))
      throw await this.#refusal(`a checkpoint of other ${kept.size} entries was signed`, 'kept')
  }

  async #refusal(fact: string, source?: 'kept'): Promise<Error> {
    const { size } = await this.#queries.tree()
    const way =
      source === 'kept'
        ? `To give up the lost entries, move the file ${this.#kept.place} away`
        : 'To give up the lost entries, use a new database with a new LEDGER_NAME, or remove the witness from WITNESSES'
    return new Error(
      `The audit log of the database has ${size} entries, but ${fact}. The database was probably restored from an older ` +
        `backup. The service does not start, because it would sign a second history. Restore the newest database. ${way}.`,
    )
  }
}
