import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { ParticipantBanned, ParticipantUnknown } from './errors.ts'

/** Standing of a user at the time of a submit. */
export type Standing = 'active' | 'banned' | 'unknown'

/** Port of the lottery to its participants. An adapter over the users implements it. */
export interface Participants {
  /** Returns the standing of every requested user, in one query. */
  standings(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, Standing>>
  /** Returns the users banned at `asOf`, by the database's clock: all bans dated before it count, none after it does. */
  banned(): Promise<{ readonly userIds: readonly UserId[]; readonly asOf: Instant }>
}

/** @throws ParticipantUnknown | ParticipantBanned unless the user may take part */
export function requireActive(userId: UserId, standing: Standing): void {
  if (standing === 'unknown') throw new ParticipantUnknown(userId)
  if (standing === 'banned') throw new ParticipantBanned(userId)
}
