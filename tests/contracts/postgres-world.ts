import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll } from 'vitest'
import { type AuditLogRepos, DrizzleAuditLogQueries, DrizzleAuditLogRepository } from '../../src/audit-log/index.ts'
import {
  DrizzleBallotRepository,
  DrizzleLotteryQueries,
  DrizzleLotteryRepository,
  type LotteryRepos,
  type Participants,
} from '../../src/lottery/index.ts'
import type { DomainEvent } from '../../src/shared/domain/domain-events.ts'
import { createPool, pooledDatabase } from '../../src/shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from '../../src/shared/infrastructure/postgres-unit-of-work.ts'
import { DrizzleUserQueries, DrizzleUserRepository, Standings, type UserRepos } from '../../src/user/index.ts'
import { faultyClients } from '../support/faulty-client.ts'
import { installTestClock, query, type TestClock } from '../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import type { Conflicts, OpenWorld, World } from './world.ts'

/** More than the workers of any race, so that all of them are inside a transaction at once. */
const CONNECTIONS = 25
/** Below the pool's lock_timeout: whoever waits has not given up yet. */
const WAITS_WITHIN_MS = 2_000
const ENDS_WITHIN_MS = 1_000

/** Worlds on one database of the test file that calls this, one after the other: each finds it empty. */
export function postgresWorlds(): OpenWorld {
  let database: TestDatabase
  let clock: TestClock
  beforeAll(async () => {
    database = await createTestDatabase()
    clock = await installTestClock(database.url)
  })
  afterAll(() => database.drop())

  return async () => {
    await query(
      database.url,
      'truncate lotteries, entropy_secrets, ballots, ledger_subtrees, users, outbox, audit_log, audit_head, audit_subtrees',
    )
    await clock.moveTo('2026-03-10T12:00:00Z')
    return openPostgresWorld(database.url, clock)
  }
}

async function openPostgresWorld(url: string, clock: TestClock): Promise<World> {
  const { Client, breakNext } = faultyClients()
  const pool = createPool({ url, max: CONNECTIONS, Client })
  const db = pooledDatabase(pool)
  const userWork = new PostgresUnitOfWork<UserRepos>(pool, (tx) => ({ users: new DrizzleUserRepository(tx) }))
  const userQueries = new DrizzleUserQueries(db)
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
      const waits = `select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      for (const deadline = Date.now() + WAITS_WITHIN_MS; Date.now() < deadline; await setTimeout(10)) {
        const [row] = await query<{ waiting: number }>(url, waits)
        if (row && row.waiting >= count) return
      }
      throw new Error(`not ${count} wait for a lock`)
    },
    close: async () => {
      const ended = pool.end().then(() => true)
      if (await Promise.race([ended, setTimeout(ENDS_WITHIN_MS, false, { ref: false })])) return
      // A test that failed half-way holds locks that the next one would wait for.
      const others = 'datname = current_database() and pid <> pg_backend_pid()'
      await query(url, `select pg_terminate_backend(pid) from pg_stat_activity where ${others}`)
    },
  }
}
