import { randomBytes } from 'node:crypto'
import { deriveUuid, mintUuid } from '../../shared/infrastructure/uuid.ts'
import type { BallotId, BallotIds } from '../domain/ballot.ts'

export const uuidBallotIds: BallotIds = {
  mintSalt: () => randomBytes(16),
  mint: () => mintUuid() as BallotId,
  derive: (userId, date, idempotencyKey) => deriveUuid('ballot', userId, date, idempotencyKey) as BallotId,
}
