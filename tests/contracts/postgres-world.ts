import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll } from 'vitest'
import type { AuditLogRepos } from '../../src/audit-log/domain/audit-log-repository.ts'
import { DrizzleAuditLogCheckQueries } from '../../src/audit-log/infrastructure/drizzle-audit-log-check-queries.ts'
import { DrizzleAuditLogQueries } from '../../src/audit-log/infrastructure/drizzle-audit-log-queries.ts'
import { DrizzleAuditLogRepository } from '../../src/audit-log/infrastructure/drizzle-audit-log-repository.ts'
import { DrizzleCosignedCheckpoints } from '../../src/audit-log/infrastructure/drizzle-cosigned-checkpoints.ts'
import type { LotteryRepos } from '../../src/lottery/domain/lottery-repository.ts'
import type { Participants } from '../../src/lottery/domain/participants.ts'
import { DrizzleBallotRepository } from '../../src/lottery/infrastructure/drizzle-ballot-repository.ts'
import { DrizzleLotteryQueries } from '../../src/lottery/infrastructure/drizzle-lottery-queries.ts'
import { DrizzleLotteryRepository } from '../../src/lottery/infrastructure/drizzle-lottery-repository.ts'
import type { DomainEvent } from '../../src/shared/domain/domain-events.ts'
import { createPool, pooledDatabase } from '../../src/shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from '../../src/shared/infrastructure/postgres-unit-of-work.ts'
import { Standings } from '../../src/user/application/standings.ts'
import type { UserRepos } from '../../src/user/domain/user-repository.ts'
import { DrizzleUserQueries } from '../../src/user/infrastructure/drizzle-user-queries.ts'
import { DrizzleUserRepository } from '../../src/user/infrastructure/drizzle-user-repository.ts'
import { postgresWebhooks } from '../../src/webhooks/infrastructure/postgres-webhooks.ts'
import { webhookDeliveries } from '../../src/webhooks/infrastructure/schema.ts'
import { faultyClients } from '../support/faulty-client.ts'
import { installTestClock, query, type TestClock } from '../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import type { Conflicts, OpenWorld, World } from './world.ts'

/** Emptied by DELETE: for few rows, TRUNCATE takes longer. */
export const TABLES = [
  'lotteries',
  'seals',
  'exclusions',
  'entropy_secrets',
  'ballots',
  'ledger_subtrees',
  'users',
  'users_to_forget',
  'outbox',
  'audit_log',
  'audit_head',
  'audit_subtrees',
  'cosigned_checkpoints',
  'webhook_deliveries',
  'webhook_secrets',
  'webhooks',
]
/** More connections than any race has workers, so that all workers are in a transaction at once. */
const CONNECTIONS = 25
/** Below the pool's lock_timeout, so no waiting statement has given up yet. */
const WAITS_WITHIN_MS = 2_000
const ENDS_WITHIN_MS = 1_000

/** Opens worlds one after another on one database per test file. Each world starts with empty tables. */
export function postgresWorlds({
  create = createTestDatabase,
  empty = (url: string) => emptyTables(url),
  waiting = `select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`,
} = {}): OpenWorld {
  let database: TestDatabase
  let clock: TestClock
  beforeAll(async () => {
    database = await create()
    clock = await installTestClock(database.url)
  })
  afterAll(() => database.drop())

  return async () => {
    await empty(database.url)
    await clock.moveTo('2026-03-10T12:00:00Z')
    return openPostgresWorld(database.url, clock, waiting)
  }
}

/** Deletes all rows, past the guards. */
export async function emptyTables(url: string, tables: readonly string[] = TABLES): Promise<void> {
  await query(
    url,
    `set session_replication_role = replica; ${tables.map((table) => `delete from ${table}`).join('; ')}`,
  )
}

async function openPostgresWorld(url: string, clock: TestClock, waits: string): Promise<World> {
  const { Client, breakNext } = faultyClients()
  const pool = createPool({ url, max: CONNECTIONS, Client })
  const db = pooledDatabase(pool)
  const userWork = new PostgresUnitOfWork<UserRepos>(pool, (tx) => ({ users: new DrizzleUserRepository(tx) }))
  const userQueries = new DrizzleUserQueries(db)
  const webhooks = postgresWebhooks(pool)
  const standings = new Standings(userQueries, userWork)
  const participants: Participants = { standings: (ids) => standings.of(ids), banned: () => standings.banned() }

  return {
    lotteryWork: new PostgresUnitOfWork<LotteryRepos & Conflicts>(pool, (tx) => ({
      lotteries: new DrizzleLotteryRepository(tx),
      ballots: new DrizzleBallotRepository(tx),
      conflict: async () => {
        await tx.execute(sql`do $$ begin raise exception using errcode = 'serialization_failure'; end $$`)
        throw new Error('the server raised nothing')
      },
    })),
    lotteryQueries: new DrizzleLotteryQueries(db),
    userWork,
    userQueries,
    participants,
    auditLogWork: new PostgresUnitOfWork<AuditLogRepos>(pool, (tx) => ({
      auditLog: new DrizzleAuditLogRepository(tx),
    })),
    auditLogQueries: new DrizzleAuditLogQueries(db),
    auditLogCheckQueries: new DrizzleAuditLogCheckQueries(db),
    cosigned: new DrizzleCosignedCheckpoints(db),
    webhookWork: webhooks.unitOfWork,
    subscriptions: webhooks.subscriptions,
    addDelivery: async (webhookId, { retryAt, deliveredAt, ...delivery }) => {
      const times = { retryAt: dateOf(retryAt), deliveredAt: dateOf(deliveredAt) }
      await db.insert(webhookDeliveries).values({ webhookId, ...delivery, ...times })
    },
    webhookSecrets: async () =>
      (await query<{ secret: string }>(url, 'select secret from webhook_secrets')).map(({ secret }) => secret),
    clock,
    outbox: () =>
      query<DomainEvent>(
        url,
        `select aggregate, seq::int, type, data, json_build_object('actor', actor, 'requestId', request_id) as cause,
           (extract(epoch from occurred_at) * 1000)::float8 as "occurredAt"
         from outbox order by aggregate, seq`,
      ),
    failNextCommit: (how) => breakNext(/^commit$/i, how === 'stored' ? 'arrives' : 'before'),
    loseNextConnection: () => breakNext(/^begin/i, 'arrives'),
    untilWaiting: async (count) => {
      for (const deadline = Date.now() + WAITS_WITHIN_MS; Date.now() < deadline; await setTimeout(10)) {
        const [row] = await query<{ waiting: number }>(url, waits)
        if (row && row.waiting >= count) return
      }
      throw new Error(`fewer than ${count} units of work wait for a lock`)
    },
    close: async () => {
      const ended = pool.end().then(() => true)
      if (await Promise.race([ended, setTimeout(ENDS_WITHIN_MS, false, { ref: false })])) return
      // A failed test may have left locks, for which the next test would wait.
      const others = 'datname = current_database() and pid <> pg_backend_pid()'
      await query(url, `select pg_terminate_backend(pid) from pg_stat_activity where ${others}`)
    },
  }
}

function dateOf(at: number | null): Date | null {
  return at === null ? null : new Date(at)
}
