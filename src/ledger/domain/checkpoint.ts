import type { Hash } from './sha256.ts'

/** A ledger as it stands after some batch of appends. */
export interface LedgerHead {
  /** `<ledger name>/<what the ledger is of>`, the first line of its checkpoints. */
  readonly origin: string
  readonly size: number
  readonly root: Hash
}

/** Signs heads of ledgers. Equal heads give equal notes, so a note can be made again at any time. */
export interface CheckpointSigner {
  /** Name of the ledgers, and of the key that signs them. */
  readonly name: string
  /** C2SP signed-note verifier key: `<name>+<key id, hex>+<base64 of 0x01 and the Ed25519 public key>`. */
  readonly verifierKey: string
  /** C2SP tlog-checkpoint: origin, size and root, a blank line and one signature line. */
  sign(head: LedgerHead): string
}
