import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { AppParts } from '../../src/app.ts'
import { type compose, participantsOf } from '../../src/composition/contexts.ts'
import { postgresStorage } from '../../src/composition/storage.ts'
import type { LotteryStorage } from '../../src/lottery/application/lottery-storage.ts'
import { composeLottery } from '../../src/lottery/compose.ts'
import type { StoredBallot } from '../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { QUICKNET } from '../../src/lottery/domain/entropy.ts'
import { AuditLogTrail } from '../../src/lottery/infrastructure/audit-log-trail.ts'
import { postgresOf } from '../../src/shared/infrastructure/postgres.ts'
import { SECRETS } from '../support/access.ts'
import { SECRET } from '../support/builders.ts'
import { CopiedBallots } from '../support/copied-ballots.ts'
import { SIGNER } from '../support/ledger.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { memoryParts } from '../support/memory-app.ts'
import { PostgresService } from '../support/postgres-service.ts'

type Parts = Omit<ReturnType<typeof compose>, 'lottery'> & { readonly lottery: ReturnType<typeof composeLottery> }

/** The service with an archive, to which a test moves months. It begins at noon of 5 January 2026. */
export interface ArchivingWorld {
  readonly parts: Parts & AppParts
  readonly archive: CopiedBallots
  moveTo(time: string): Promise<void>
  /** Copies a month's ballots to the archive, and removes them and their subtrees from the database. */
  leave(month: string): Promise<void>
  comeBack(month: string): Promise<void>
  close(): Promise<void>
}

/** The tables that are partitioned by month. */
const TABLES = ['ballots', 'ledger_subtrees']
const START = '2026-01-05T12:00:00Z'

export async function openMemoryArchiving(): Promise<ArchivingWorld> {
  const parts = memoryParts({ at: START })
  const { lotteries } = parts.stores
  const archive = new CopiedBallots()
  const left = new Map<Map<string, unknown>, Map<string, unknown>>()
  const tables: Map<string, unknown>[] = [lotteries.ballots.rows, lotteries.subtrees.rows]
  const move = (from: Map<string, unknown>, to: Map<string, unknown>, month: string) => {
    for (const [key, row] of [...from].filter(([key]) => key.startsWith(month))) {
      to.set(key, row)
      from.delete(key)
    }
  }
  return {
    parts: { ...parts, lottery: withArchive(parts, lotteries, archive, parts.clock) },
    archive,
    moveTo: async (time) => parts.clock.moveTo(time),
    leave: async (month) => {
      for (const date of lotteries.lotteries.rows.keys()) {
        if (date.startsWith(month)) archive.copies.set(date, await ballotsOf(lotteries, date))
      }
      archive.months.add(month)
      for (const table of tables) {
        left.set(table, left.get(table) ?? new Map())
        move(table, left.get(table) ?? new Map(), month)
      }
    },
    comeBack: async (month) => {
      for (const table of tables) move(left.get(table) ?? new Map(), table, month)
      archive.months.delete(month)
    },
    close: async () => {},
  }
}

export async function openPostgresArchiving(): Promise<ArchivingWorld> {
  const service = await PostgresService.open(START)
  const replica = await service.replica(8)
  const storage = postgresStorage(postgresOf(replica.pool)).lottery
  const clock = new ManualClock(START)
  const archive = new CopiedBallots()
  const asOwner = (sql: string) => service.query(`begin; set local session_replication_role = replica; ${sql}; commit`)
  return {
    parts: { ...replica, lottery: withArchive(replica, storage, archive, clock) },
    archive,
    moveTo: async (time) => {
      clock.moveTo(time)
      await service.clock.moveTo(time)
    },
    leave: async (month) => {
      for (const { date } of await storage.queries.list({ limit: 99 })) {
        if (date.startsWith(month)) archive.copies.set(date, await ballotsOf(storage, date))
      }
      archive.months.add(month)
      await asOwner(`
        ${TABLES.map((table) => drop(table, month)).join(';')};
        insert into archives (month, state, manifest, manifest_hash, started_at, dropped_at)
        values ('${month}', 'dropped', '{}', 'x', now(), now()) on conflict (month) do update set state = 'dropped'`)
    },
    comeBack: async (month) => {
      await asOwner(`
        ${TABLES.map((table) => restore(table, month)).join(';')};
        update archives set state = 'restored' where month = '${month}'`)
      archive.months.delete(month)
    },
    close: () => service.stop(),
  }
}

/** Drops the partition of a month, and leaves a copy beside. */
function drop(table: string, month: string): string {
  const partition = `${table}_${month.replace('-', '_')}`
  return `
    create table left_${partition} as select * from ${partition};
    alter table ${table} detach partition ${partition};
    drop table ${partition}`
}

/** Makes the partition of a month from the copy beside. */
function restore(table: string, month: string): string {
  const partition = `${table}_${month.replace('-', '_')}`
  return `
    create table ${partition} (like ${table} including all);
    insert into ${partition} select * from left_${partition};
    drop table left_${partition};
    alter table ${table} attach partition ${partition}
      for values from ('${month}-01') to (('${month}-01'::date + interval '1 month')::date)`
}

/** The lottery's use cases over an archive. */
function withArchive(
  parts: Pick<ReturnType<typeof compose>, 'user' | 'auditLog'>,
  storage: LotteryStorage,
  archive: CopiedBallots,
  clock: ManualClock,
): Parts['lottery'] {
  return composeLottery(storage, {
    participants: participantsOf(parts.user),
    auditTrail: new AuditLogTrail(parts.auditLog),
    signer: SIGNER,
    entropy: 'commit-reveal',
    beacon: { chain: QUICKNET, signatureOf: async () => undefined },
    archive,
    mintSecret: () => SECRET,
    clock,
    ballotIdSecret: SECRETS.ballotIds,
    daysAhead: 366,
    metrics: new Registry(),
    log: pino({ level: 'silent' }),
  })
}

async function ballotsOf({ queries }: LotteryStorage, date: string): Promise<readonly StoredBallot[]> {
  return queries.ballots({ date: CalendarDate.parse(date), after: 0, limit: 100_000 })
}
