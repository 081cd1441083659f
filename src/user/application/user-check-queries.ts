import type { DomainEvent } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { UserState } from '../domain/user.ts'
import type { Ban } from '../domain/user-repository.ts'

/** A user with its own events, by ascending `seq`. A forgotten user should have no personal fields. */
export interface StoredUser {
  readonly state: Omit<UserState, 'email'> & {
    readonly email: string | null
    readonly forgottenAt: Instant | null
  }
  readonly events: readonly Pick<DomainEvent, 'seq' | 'type' | 'data' | 'occurredAt'>[]
}

/** Reads of the check, without locks. Each sees the rows that were committed when it began. */
export interface UserCheckQueries {
  /** Returns users by ascending id, strictly after `after`. */
  users(page: { after: UserId | undefined; limit: number }): Promise<readonly StoredUser[]>
  /** Returns the times at which other numbers of users were forgotten than events say. */
  forgettings(): Promise<readonly { readonly at: Instant; readonly users: number; readonly events: number }[]>
  /** Returns users to be forgotten in ballots who are not forgotten, by ascending id. */
  neverForgotten(): Promise<readonly string[]>
  /** Returns the highest index of an entry in the audit log, or that an event is marked with; -1 without one. */
  lastAuditIndex(): Promise<number>
  /** Returns the aggregates of events of unknown users, of the indexes `from` to `to` of the audit log, both included. */
  unknownUsers(from: number, to: number): Promise<readonly string[]>
  /**
   * Returns bans in force at a moment, in log order, strictly after the index `after`. A ban is in force when its event is
   * its user's latest ban or unban event of those that stand before the index `before` and occurred at `at` or earlier.
   */
  bansInForce(page: {
    before: number
    at: number
    after: number
    limit: number
  }): Promise<readonly (Ban & { readonly auditIndex: number })[]>
}
