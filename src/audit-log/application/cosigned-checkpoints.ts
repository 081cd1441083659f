/** A checkpoint of the audit log with the cosignatures of witnesses. */
export interface CosignedCheckpoint {
  /** Entries that the checkpoint covers. */
  readonly size: number
  /** C2SP signed note: the log's signature line, then a line of each cosignature. */
  readonly note: string
  /** Number of witnesses that cosigned it. */
  readonly cosigners: number
}

/** Stored cosigned checkpoints. A stored one never changes. */
export interface CosignedCheckpoints {
  /**
   * Stores a checkpoint. A second one of the same size is stored only if more witnesses cosigned it, so that replicas that
   * store at the same time leave no copies.
   */
  add(checkpoint: CosignedCheckpoint): Promise<void>
  /**
   * The checkpoint of the smallest size above `index` that at least `cosigners` witnesses cosigned, and of these the one
   * stored first; undefined when there is none.
   */
  covering(index: number, cosigners: number): Promise<CosignedCheckpoint | undefined>
  /** The checkpoint of the largest size, and of these the one with the most cosigners; undefined before the first. */
  newest(): Promise<(CosignedCheckpoint & { readonly storedAt: Date }) | undefined>
}
