import type { ForgedBallot } from './draw.ts'
import type { ForgedBeacon } from './keys.ts'
import type { Cosigning, PlacedEvent } from './world.ts'

type Data = Readonly<Record<string, unknown>>

interface ForgedExclusion {
  readonly ordinal: number
  readonly event_id: string
  readonly user_id: string
  readonly salt: string
}

/** A lottery to be made. What is left out is honest. Whatever is given is written, hashed and signed as if it were true. */
export interface Plan {
  readonly date: string
  readonly kind?: 'drand' | 'commit-reveal'
  readonly beacon?: ForgedBeacon
  readonly secret?: Uint8Array
  readonly prizes?: number
  readonly ballots: readonly ForgedBallot[]
  readonly exclusions?: readonly ForgedExclusion[]
  readonly sealedAt: number
  /** Ids of the created, the sealed and the closed event. */
  readonly ids?: readonly string[]
  /** Times of the created and the closed event. */
  readonly times?: readonly number[]
  readonly round?: number
  readonly previous?: string
  /** Leaf indexes that are said to win. */
  readonly indexes?: readonly number[]
  readonly created?: Data
  readonly sealed?: Data
  readonly closed?: Data
  readonly winner?: Data
  /** Appends events at this point of the log. */
  readonly beforeSeal?: () => unknown
  readonly afterSeal?: () => unknown
  readonly afterClose?: () => unknown
  /** Cosignatures of the checkpoint that ends with the sealed event and what `afterSeal` appended. */
  readonly cosignings?: readonly Cosigning[]
}

export interface ForgedLottery {
  readonly evidence: ForgedEvidence
  readonly ledger: readonly string[]
  readonly sealed: PlacedEvent
  readonly sealHash: string
  /** Receipt of an ordinal, given when the ledger had `size` ballots. */
  receipt(ordinal: number, size?: number): Record<string, unknown>
  /** Response of the proof route for an ordinal. */
  proof(ordinal: number): { ordinal: number; size: number; leaf_hash: string; root: string; proof: string[] }
  /** The same proof as a C2SP tlog-proof. */
  textProof(ordinal: number): string
}

/** Evidence whose values tests may change. */
export interface ForgedEvidence extends Record<string, unknown> {
  winners: Record<string, unknown>[]
  exclusions: Record<string, unknown>[]
  entropy: Record<string, unknown>
  audit: {
    checkpoint: string
    created: ForgedLogged
    sealed: ForgedLogged
    closed: ForgedLogged
    witnessed: { checkpoint: string; proof: string[] } | null
  }
}

interface ForgedLogged {
  index: number
  event: Record<string, unknown>
  proof: string[]
}
