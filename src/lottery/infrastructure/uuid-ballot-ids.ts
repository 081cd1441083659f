import { randomBytes } from 'node:crypto'
import { deriveUuid, mintUuid } from '../../shared/infrastructure/uuid.ts'
import type { BallotId, BallotIds } from '../domain/ballot.ts'

const SALT_BYTES = 16
/** Salts per call of the system's random generator. A call costs as much for one salt as for hundreds. */
const SALTS_AHEAD = 256

let spareBytes = Buffer.alloc(0)

export const uuidBallotIds: BallotIds = {
  mintSalt: () => {
    if (spareBytes.length === 0) spareBytes = randomBytes(SALTS_AHEAD * SALT_BYTES)
    const salt = spareBytes.subarray(0, SALT_BYTES)
    spareBytes = spareBytes.subarray(SALT_BYTES)
    return salt
  },
  mint: () => mintUuid() as BallotId,
  derive: (userId, date, idempotencyKey) => deriveUuid('ballot', userId, date, idempotencyKey) as BallotId,
}
