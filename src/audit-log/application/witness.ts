import type { Hash } from '../../ledger/domain/sha256.ts'

/** A checkpoint that a witness is requested to cosign. */
export interface CosignRequest {
  /** Size of the log that the witness cosigned last, as far as known; 0: unknown, or none. */
  readonly oldSize: number
  /** Consistency proof from the old size to the size of the checkpoint; empty for the old size 0. */
  readonly proof: readonly Hash[]
  /** C2SP signed note with the log's signature. */
  readonly checkpoint: string
}

/**
 * Outcome of a request to a witness.
 *
 * - `cosigned`: its signature line is verified, and made at about the present time.
 * - `invalid`: the response holds no valid cosignature by the witness's key.
 * - `untimely`: the cosignature is valid, but its time is not the present one. No reader could rely on it.
 * - `conflict`: the witness cosigned another size last.
 * - `ahead`: the witness cosigned a larger log than the database holds.
 * - `forked`: the log is not the continuation of the one that the witness cosigned last.
 * - `refused`: another status. The witness may not know the log or its key.
 * - `unreachable`: no response in time.
 */
export type WitnessResult =
  | 'cosigned'
  | 'invalid'
  | 'untimely'
  | 'conflict'
  | 'ahead'
  | 'forked'
  | 'refused'
  | 'unreachable'

/** A witness's answer. */
export type WitnessAnswer =
  | { readonly result: 'cosigned' /** Signature line with its line feed. */; readonly line: string }
  | { readonly result: 'conflict' /** Size that the witness cosigned last. */; readonly size: number }
  | { readonly result: Exclude<WitnessResult, 'cosigned' | 'conflict' | 'ahead'> }

/** An outside server that cosigns checkpoints (c2sp.org/tlog-witness). */
export interface Witness {
  readonly name: string
  /** Requests a cosignature. Takes a few seconds at most, and never throws. */
  cosign(request: CosignRequest): Promise<WitnessAnswer>
}

/** Milliseconds for which a lease is held; longer than one collection of cosignatures takes. */
export const WITNESS_LEASE_MS = 15_000

/** Lease of the replica that requests cosignatures. It spares the witnesses, and nothing depends on it. */
export interface WitnessLease {
  /** Takes or prolongs the lease for {@link WITNESS_LEASE_MS}. Returns whether this replica holds it. */
  hold(): Promise<boolean>
  /** Gives the lease back, so that another replica can continue at once. */
  release(): Promise<void>
}
