import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { BeaconChain, Entropy } from '../domain/entropy.ts'

/** Public values that an outsider records before a draw, to check the draw with them later. */
export interface Keys {
  /** C2SP verifier key of all checkpoints. */
  readonly verifierKey: string
  /** Kind of randomness of lotteries created from now on. */
  readonly entropyKind: Entropy['kind']
  readonly chain: BeaconChain
}

export class FindKeys {
  readonly #keys: Keys

  constructor(signer: CheckpointSigner, entropyKind: Entropy['kind'], chain: BeaconChain) {
    this.#keys = { verifierKey: signer.verifierKey, entropyKind, chain }
  }

  execute(): Keys {
    return this.#keys
  }
}
