import type { Instant } from '../../shared/domain/instant.ts'

/** A ballot as it is archived. Once its user is forgotten, the commitment stands in place of the user and the salt. */
export interface ArchivedBallot {
  /** `YYYY-MM-DD` */
  readonly lotteryDate: string
  readonly ordinal: number
  readonly id: string
  readonly userId: string | null
  /** 16 bytes; null exactly when `userId` is null. */
  readonly salt: Uint8Array | null
  /** 32 bytes (lottery-draw-v2 section 1); null exactly when `userId` is not. */
  readonly userCommit: Uint8Array | null
  readonly submittedAt: Instant
}
