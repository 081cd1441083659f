import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { deriveUuid, mintUuid, uuidOf } from '../../shared/infrastructure/uuid.ts'
import type { BallotId, BallotIds } from '../domain/ballot.ts'

const SALT_BYTES = 16
/** Salts drawn at once. A call of the system's generator costs as much for one salt as for hundreds. */
const SALTS_AHEAD = 256

let spareBytes = Buffer.alloc(0)

/**
 * Ballot ids that are UUIDs. The id of an idempotency key is an HMAC-SHA-256 under a secret of the database, so it tells
 * nothing of the user, the date and the key. Ids from before were plain hashes; they are still found.
 */
export function uuidBallotIds(secret: Uint8Array): BallotIds {
  const key = createSecretKey(secret) // imported once: for each id, it would take five times as long as the hash
  return {
    mintSalt: () => {
      if (spareBytes.length === 0) spareBytes = randomBytes(SALTS_AHEAD * SALT_BYTES)
      const salt = spareBytes.subarray(0, SALT_BYTES)
      spareBytes = spareBytes.subarray(SALT_BYTES)
      return salt
    },
    mint: () => mintUuid() as BallotId,
    derive: (userId, date, idempotencyKey) => {
      const message = JSON.stringify(['ballot', userId, date, idempotencyKey])
      return uuidOf(createHmac('sha256', key).update(message).digest()) as BallotId
    },
    formerlyDerived: (userId, date, idempotencyKey) => deriveUuid('ballot', userId, date, idempotencyKey) as BallotId,
  }
}
