import type { BeaconChain, Reveal } from './entropy.ts'

/** The configured public randomness beacon. */
export interface Beacon {
  readonly chain: BeaconChain
  /**
   * Returns the signature of a round, verified against the chain's key; undefined while no signature is available: the
   * chain is not the configured one, the round is not due, no relay answers in time, or no relay sends a valid
   * signature. Never rejects because of a relay.
   */
  signatureOf(chainHash: Uint8Array, round: number): Promise<Reveal | undefined>
}
