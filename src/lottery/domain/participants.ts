import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { ParticipantBanned, ParticipantUnknown } from './errors.ts'

/** What is said of a person when a ballot is submitted. */
export type Standing = 'active' | 'banned' | 'unknown'

/** What the lottery needs to know of people; whoever keeps the users answers it. */
export interface Participants {
  /** The standing of each of these users, in one question; every id asked for has an answer. */
  standings(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, Standing>>
  /** Everybody who is banned at `asOf`, by the database's clock: all bans before it are in, none after it is. */
  banned(): Promise<{ readonly userIds: readonly UserId[]; readonly asOf: Instant }>
}

/** @throws ParticipantUnknown | ParticipantBanned unless the person may take part */
export function requireActive(userId: UserId, standing: Standing): void {
  if (standing === 'unknown') throw new ParticipantUnknown(userId)
  if (standing === 'banned') throw new ParticipantBanned(userId)
}
