import type { AuditLogQueries } from '../../src/audit-log/application/audit-log-queries.ts'
import type { AuditLogRepos } from '../../src/audit-log/index.ts'
import type { LotteryQueries, LotteryRepos, Participants } from '../../src/lottery/index.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { DomainEvent } from '../../src/shared/domain/domain-events.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { UserQueries } from '../../src/user/application/user-queries.ts'
import type { UserRepos } from '../../src/user/index.ts'

/** Part of a unit of work that loses against another one, as a deadlock's victim does. */
export interface Conflicts {
  readonly conflict: () => Promise<never>
}

/** Every port of one technology over one store, which is empty, and whose clock shows noon of builders' TODAY. */
export interface World {
  readonly lotteryWork: UnitOfWork<LotteryRepos & Conflicts>
  readonly lotteryQueries: LotteryQueries
  readonly userWork: UnitOfWork<UserRepos>
  readonly userQueries: UserQueries
  readonly participants: Participants
  readonly auditLogWork: UnitOfWork<AuditLogRepos>
  readonly auditLogQueries: AuditLogQueries
  /** The database's clock. */
  readonly clock: {
    now(): Promise<Instant>
    moveTo(time: string): Promise<void>
    advance(by: { days?: number; hours?: number; minutes?: number; seconds?: number }): Promise<void>
  }
  /** Everything in the outbox, by aggregate and seq. */
  outbox(): Promise<readonly DomainEvent[]>
  /** The answer to the next COMMIT gets lost: after it was carried out, or before. */
  failNextCommit(how: 'stored' | 'not stored'): void
  /** The connection of the next unit of work breaks before that stores anything. */
  loseNextConnection(): void
  /** Resolves when as many units of work wait for a lock. */
  untilWaiting(count: number): Promise<void>
  close(): Promise<void>
}

export type OpenWorld = () => Promise<World>
