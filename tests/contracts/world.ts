import type { AuditLogCheckQueries } from '../../src/audit-log/application/audit-log-check-queries.ts'
import type { AuditLogQueries } from '../../src/audit-log/application/audit-log-queries.ts'
import type { CosignedCheckpoints } from '../../src/audit-log/application/cosigned-checkpoints.ts'
import type { AuditLogRepos } from '../../src/audit-log/domain/audit-log-repository.ts'
import type { LotteryQueries } from '../../src/lottery/application/lottery-queries.ts'
import type { LotteryRepos } from '../../src/lottery/domain/lottery-repository.ts'
import type { Participants } from '../../src/lottery/domain/participants.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { DomainEvent } from '../../src/shared/domain/domain-events.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { UserQueries } from '../../src/user/application/user-queries.ts'
import type { UserRepos } from '../../src/user/domain/user-repository.ts'
import type { Subscriptions } from '../../src/webhooks/application/subscriptions.ts'
import type { WebhookRepos } from '../../src/webhooks/application/webhook-repos.ts'
import type { Delivery } from '../../src/webhooks/domain/delivery.ts'

/** Repository that makes a unit of work fail as the victim of a conflict, such as a deadlock. */
export interface Conflicts {
  readonly conflict: () => Promise<never>
}

/** Every port of one technology over one empty store. Its clock shows noon of TODAY in builders.ts. */
export interface World {
  readonly lotteryWork: UnitOfWork<LotteryRepos & Conflicts>
  readonly lotteryQueries: LotteryQueries
  readonly userWork: UnitOfWork<UserRepos>
  readonly userQueries: UserQueries
  readonly participants: Participants
  readonly auditLogWork: UnitOfWork<AuditLogRepos>
  readonly auditLogQueries: AuditLogQueries
  readonly auditLogCheckQueries: AuditLogCheckQueries
  readonly cosigned: CosignedCheckpoints
  readonly webhookWork: UnitOfWork<WebhookRepos>
  readonly subscriptions: Subscriptions
  /** Stores a delivery of a stored webhook. */
  addDelivery(webhookId: string, delivery: Delivery): Promise<void>
  /** All stored secrets of webhooks. */
  webhookSecrets(): Promise<readonly string[]>
  /** The database's clock. */
  readonly clock: {
    now(): Promise<Instant>
    moveTo(time: string): Promise<void>
    advance(by: { days?: number; hours?: number; minutes?: number; seconds?: number }): Promise<void>
  }
  /** All events in the outbox, by aggregate and seq. */
  outbox(): Promise<readonly DomainEvent[]>
  /** Loses the answer to the next COMMIT: after the commit (`stored`) or instead of it (`not stored`). */
  failNextCommit(how: 'stored' | 'not stored'): void
  /** Breaks the connection of the next unit of work before it stores anything. */
  loseNextConnection(): void
  /** Resolves when `count` units of work wait for a lock. */
  untilWaiting(count: number): Promise<void>
  close(): Promise<void>
}

export type OpenWorld = () => Promise<World>
