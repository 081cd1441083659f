import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { TreeHead } from '../../ledger/domain/growing-tree.ts'
import { KEEPS_NOTHING, type KeptCheckpoint } from './kept-checkpoint.ts'

/** Name of the audit log in messages. */
export const AUDIT_LOG = 'the audit log'

/**
 * Signs heads of the audit log. The origin of its checkpoints is `<ledger name>/audit`. A larger head than any before is
 * kept outside of the database before its checkpoint is returned.
 */
export class AuditCheckpoints {
  readonly #signer: CheckpointSigner
  readonly #kept: KeptCheckpoint
  #keptSize = 0
  #writing: Promise<void> = Promise.resolve()

  constructor(signer: CheckpointSigner, kept: KeptCheckpoint = KEEPS_NOTHING) {
    this.#signer = signer
    this.#kept = kept
  }

  async sign({ size, root }: TreeHead): Promise<string> {
    const note = this.#signer.sign({ origin: `${this.#signer.name}/audit`, size, root })
    if (size > this.#keptSize) await this.#keep(note, size)
    return note
  }

  /** Keeps one checkpoint after the other. Callers that wait for a larger one need no write of their own. */
  #keep(note: string, size: number): Promise<void> {
    const write = async () => {
      if (size <= this.#keptSize) return
      await this.#kept.write(note, size)
      this.#keptSize = size
    }
    this.#writing = this.#writing.then(write, write)
    return this.#writing
  }
}
