import { randomBytes } from 'node:crypto'
import { deriveUuid, mintUuid } from '../../shared/infrastructure/uuid.ts'
import type { BallotId, BallotIds } from '../domain/ballot.ts'

const SALT_BYTES = 16
/** Salts that are drawn at once: a call of the system's generator costs as much for one as for hundreds. */
const SALTS_AHEAD = 256

let drawn = Buffer.alloc(0)

export const uuidBallotIds: BallotIds = {
  mintSalt: () => {
    if (drawn.length === 0) drawn = randomBytes(SALTS_AHEAD * SALT_BYTES)
    const salt = drawn.subarray(0, SALT_BYTES)
    drawn = drawn.subarray(SALT_BYTES)
    return salt
  },
  mint: () => mintUuid() as BallotId,
  derive: (userId, date, idempotencyKey) => deriveUuid('ballot', userId, date, idempotencyKey) as BallotId,
}
