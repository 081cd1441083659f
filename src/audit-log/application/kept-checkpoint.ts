import type { TreeHead } from '../../ledger/domain/growing-tree.ts'

/** The newest signed checkpoint of the audit log, kept outside of the database. */
export interface KeptCheckpoint {
  /** Where the checkpoint is kept, for messages. */
  readonly place: string
  /** Head of the checkpoint; undefined before the first. @throws Error when what is kept is no checkpoint of this log */
  read(): Promise<TreeHead | undefined>
  /** Keeps a checkpoint in place of a smaller one. It outlasts a crash of the machine once the promise resolves. */
  write(note: string, size: number): Promise<void>
}

/** Keeps nothing, where no folder lasts. */
export const KEEPS_NOTHING: KeptCheckpoint = { place: 'nowhere', read: async () => undefined, write: async () => {} }
