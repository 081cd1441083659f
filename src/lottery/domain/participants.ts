import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { ParticipantBanned, ParticipantUnknown } from './errors.ts'

/** Standing of a user at the time of a submit. */
export type Standing = 'active' | 'banned' | 'unknown'

/** A user who is banned, and the event of that ban. */
export interface Ban {
  readonly userId: UserId
  readonly eventId: string
}

/** Port of the lottery to its participants. An adapter over the users implements it. */
export interface Participants {
  /** Returns the standing of every requested user, in one query. */
  standings(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, Standing>>
  /** Returns the bans in force at `asOf`, by the database's clock: all bans dated up to it count, none after it does. */
  banned(): Promise<{ readonly bans: readonly Ban[]; readonly asOf: Instant }>
}

/** @throws ParticipantUnknown | ParticipantBanned unless the user may take part */
export function requireActive(userId: UserId, standing: Standing): void {
  if (standing === 'unknown') throw new ParticipantUnknown(userId)
  if (standing === 'banned') throw new ParticipantBanned(userId)
}
