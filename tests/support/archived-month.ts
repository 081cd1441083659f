import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import type { S3Settings } from '../../src/archive/infrastructure/object-store-settings.ts'
import type { ArchiveSettings } from '../../src/composition/storage.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { createPool } from '../../src/shared/infrastructure/postgres-pool.ts'
import { accepted, aSubmit, CAUSE, date } from './builders.ts'
import { composed, SIGNER } from './ledger.ts'
import { PostgresService } from './postgres-service.ts'
import { storedFindings } from './stored-findings.ts'

export const MONTH = '2031-05'
/** With 300 ballots; the first two and some others are of a banned user. */
export const LARGE = date('2031-05-16')
/** Without ballots. */
export const EMPTY = date('2031-05-17')
/** The last day of the month, with 3 ballots. */
export const LAST = date('2031-05-31')
/** In the month after, with 2 ballots; closed. */
export const AFTER = date('2031-06-01')

type Parts = ReturnType<typeof composed>

/** A database with three closed lotteries of one month, and one of the next; all events are in the audit log, and published. */
export interface ArchivedMonth extends AsyncDisposable {
  readonly service: PostgresService
  readonly folder: string
  readonly users: readonly UserId[]
  /** Answers to the submits of the last two ballots of {@link LARGE}. */
  readonly receipts: readonly string[]
  readonly pool: ReturnType<typeof createPool>
  /** The service with an archive in the folder, unless other settings are given. Nothing is cached yet. */
  replica(settings?: Partial<ArchiveSettings>): Parts
  app(settings?: Partial<ArchiveSettings>): Promise<FastifyInstance>
  /** Archives the month, or what is due, with no grace unless one is given. Returns the outcomes: states, and errors in words. */
  archive(only?: string, settings?: Partial<ArchiveSettings>): Promise<string[]>
  /** The same, with the archiver's connection cut while it stores this state. */
  archiveCutAt(state: string): Promise<string[]>
  /** Stored state of the month; undefined before the first export. */
  state(): Promise<string | undefined>
  /** Names of the tables that hold rows of the month, with `(detached)` behind. */
  tables(): Promise<string[]>
  /** Everything that `npm run check:stored -- --all` finds. */
  findings(): Promise<string[]>
  /** Number of the events that say that a month is archived. */
  archivedEvents(): Promise<number>
  /** Closes and drops everything. */
  close(): Promise<void>
}

let origin: ReturnType<typeof makeMonth> | undefined

/** Cuts the connection that stores the state of the table `cuts`. */
const CUTS = `
  create table cuts (state text);
  create function cut_connection() returns trigger language plpgsql as $$ begin
    if exists (select from cuts where state = new.state) then perform pg_terminate_backend(pg_backend_pid()); end if;
    return new;
  end $$;
  create trigger cut before insert or update on archives for each row execute function cut_connection()`

/** Opens a copy of a database that is made once. Without a store, the archive is in a folder. */
export async function openArchivedMonth(s3?: S3Settings): Promise<ArchivedMonth> {
  origin ??= makeMonth()
  const { service: original, users, receipts } = await origin
  const service = await PostgresService.copyOf(original)
  const folder = await mkdtemp(join(tmpdir(), 'lottery-archive-test-'))
  const pool = createPool({ url: service.url, max: 4 })
  const apps: FastifyInstance[] = []
  const store = s3 ? ({ kind: 's3', ...s3 } as const) : ({ kind: 'file', folder } as const)
  const archive = { store, afterMonths: 3, graceDays: 0, publicUrl: undefined }
  const replica = (settings: Partial<ArchiveSettings> = {}) =>
    composed(pool, undefined, { databaseUrl: service.url, archive: { ...archive, ...settings } })
  const close = async () => {
    await Promise.all(apps.map((app) => app.close()))
    await pool.end()
    await service.stop()
    await rm(folder, { recursive: true })
  }
  return {
    service,
    folder,
    users,
    receipts,
    pool,
    replica,
    app: async (settings) => {
      const app = await buildApp(replica(settings), { maxEventLoopDelayMs: 0 })
      apps.push(app)
      return app
    },
    archive: (only, settings) => outcomesOf(replica(settings).archive, only),
    archiveCutAt: async (state) => {
      await service.query('insert into cuts values ($1)', [state])
      const outcomes = await outcomesOf(replica().archive)
      await service.query('delete from cuts')
      return outcomes
    },
    state: async () => {
      const { rows } = await pool.query<{ state: string }>('select state from archives where month = $1', [MONTH])
      return rows[0]?.state
    },
    tables: () => tablesOfMonth(pool),
    archivedEvents: async () =>
      (await service.query(`select seq from outbox where type = 'lottery.archived.v1'`)).length,
    findings: () => storedFindings(pool, undefined, archive),
    close,
    [Symbol.asyncDispose]: close,
  }
}
/** Runs the archiver, and returns the outcomes: states, and errors in words. */
export async function outcomesOf({ archiveDueMonths }: Pick<Parts['archive'], 'archiveDueMonths'>, only?: string) {
  const outcomes: string[] = []
  const isAlone = await archiveDueMonths.execute(only, ({ outcome }) => {
    outcomes.push(outcome instanceof Error ? outcome.message : outcome)
  })
  return isAlone ? outcomes : ['another archiver is at work']
}

async function makeMonth() {
  const service = await PostgresService.open('2031-05-16T12:00:00Z')
  const pool = createPool({ url: service.url, max: 4 })
  const parts = composed(pool)
  await parts.bindLedgerKey.execute(SIGNER.verifierKey)
  const users: UserId[] = []
  for (let n = 0; n < 4; n += 1) {
    const person = { email: `user-${n}@example.org`, name: `User ${n}` }
    users.push((await parts.user.registerUser.execute(person, CAUSE)).user.id)
  }
  const submit = async (day: CalendarDate, turns: readonly number[]) => {
    const commands = turns.map((n) => aSubmit({ userId: users[n] as UserId, date: day }))
    for (const outcome of await parts.lottery.submitBallots.execute(commands)) accepted(outcome)
  }
  await submit(LARGE, [2, 2, ...Array.from({ length: 296 }, (_, n) => n % 3)])
  const receipts = await submitOverHttp(parts, [users[0] as UserId, users[3] as UserId])
  await parts.lottery.createLottery.execute(EMPTY, CAUSE)
  await submit(LAST, [0, 1, 3])
  await submit(AFTER, [0, 1])
  await parts.user.banUser.ban(users[2] as UserId, CAUSE)
  await service.clock.moveTo('2031-06-02T00:00:01Z')
  for (const day of [LARGE, EMPTY, LAST, AFTER]) await parts.lottery.closeLottery.execute(day, CAUSE)
  await parts.auditLog.sequenceNow()
  await service.query('update outbox set published_at = clock_timestamp()')
  await service.query(CUTS)
  await service.clock.moveTo('2031-09-02T12:00:00Z')
  await pool.end()
  return { service, users, receipts }
}

async function submitOverHttp(parts: Parts, users: readonly UserId[]): Promise<string[]> {
  const app = await buildApp(parts, { maxEventLoopDelayMs: 0 })
  const receipts: string[] = []
  for (const user_id of users) {
    const url = '/lotteries/submit'
    receipts.push((await app.inject({ method: 'POST', url, payload: { user_id, date: LARGE } })).body)
  }
  await app.close()
  return receipts
}

async function tablesOfMonth(pool: ArchivedMonth['pool']): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(`
    select relname || case when relispartition then '' else ' (detached)' end as name
    from pg_class where relname ~ '^(ballots|ledger_subtrees)_2031_05$' order by 1`)
  return rows.map(({ name }) => name)
}
