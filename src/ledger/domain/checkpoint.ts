import type { TreeHead } from './growing-tree.ts'

/** Head of one named ledger. */
export interface LedgerHead extends TreeHead {
  /** `<ledger name>/<subject>`, the first line of the ledger's checkpoints. */
  readonly origin: string
}

/** Signs heads of ledgers. Equal heads give equal notes, so a note can be made again at any time. */
export interface CheckpointSigner {
  /** Name of the ledgers, and of the key that signs them. */
  readonly name: string
  /** C2SP signed-note verifier key: `<name>+<key id, hex>+<base64 of 0x01 and the Ed25519 public key>`. */
  readonly verifierKey: string
  /** Makes a C2SP tlog-checkpoint: origin, size and root, a blank line and one signature line. */
  sign(head: LedgerHead): string
  /** Makes a C2SP signed note of a text that ends with a newline. */
  signText(text: string): string
}
