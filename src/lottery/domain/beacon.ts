import type { Reveal } from './entropy.ts'

/** The public randomness beacon. */
export interface Beacon {
  /**
   * The signature of a round, verified against the chain's key; undefined while none can be had: the round is not due,
   * no relay answers in time, or what they answer is not the signature. Never rejects for what a relay does.
   */
  signatureOf(chainHash: Uint8Array, round: number): Promise<Reveal | undefined>
}
