import type { BeaconChain, Reveal } from './entropy.ts'

/** The configured public randomness beacon. */
export interface Beacon {
  readonly chain: BeaconChain
  /**
   * Signature of a round, verified against the chain's key. Undefined while none can be had: the chain is another one, the
   * round is not due, no relay answers in time, or no relay sends a valid signature. Never rejects because of a relay.
   */
  signatureOf(chainHash: Uint8Array, round: number): Promise<Reveal | undefined>
}
