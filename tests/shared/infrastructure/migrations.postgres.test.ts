import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { expect, inject, it, onTestFinished } from 'vitest'
import { migrateDatabase } from '../../../src/shared/infrastructure/migrations.ts'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { mintUuid } from '../../../src/shared/infrastructure/uuid.ts'
import { query } from '../../support/test-clock.ts'

/** Migrations of the version that sealed lotteries under lottery-draw-v1. */
const OF_VERSION_1 = 3
/** Migrations of the last version whose stored subtrees and audit log were one table each. */
const BEFORE_PARTITIONS = 6

it('refuses a database with lotteries of lottery-draw-v1, in a sentence, and changes nothing', async () => {
  const url = await databaseOf(OF_VERSION_1)
  await query(
    url,
    `insert into lotteries (date, status, ballot_count, ledger_range, entropy_kind, entropy_source, entropy_round,
       created_at, last_seq)
     values ('2026-03-10', 'open', 0, '', 'commit-reveal', '', 0, now(), 1)`,
  )

  await expect(migrateDatabase(url)).rejects.toThrow(
    'this database holds lotteries of lottery-draw-v1, which this version cannot verify',
  )

  expect(await query(url, 'select count(*)::int as applied from drizzle.__drizzle_migrations')).toEqual([
    { applied: OF_VERSION_1 },
  ])
})

it('migrates a database of that version that holds no lottery, and keeps its users', async () => {
  const url = await databaseOf(OF_VERSION_1)
  await query(url, `insert into users (id, email, created_at, last_seq) values ($1, 'ada@example.org', now(), 1)`, [
    mintUuid(),
  ])

  await migrateDatabase(url)

  expect(await query(url, 'select email from users')).toEqual([{ email: 'ada@example.org' }])
  expect(await query(url, 'select from seals')).toEqual([])
})

it('moves stored subtrees and the audit log into partitions', async () => {
  const url = await databaseOf(BEFORE_PARTITIONS)
  await query(
    url,
    `insert into lotteries (date, status, ballot_count, ledger_range, entropy_kind, entropy_source, entropy_round,
       created_at, last_seq)
       select day, 'open', 0, '', 'commit-reveal', '', 0, now(), 1 from unnest('{2026-01-31,2026-02-01}'::date[]) day;
     select ensure_ballots_partition('2026-02-01');
     insert into ledger_subtrees select date, 8, 0, sha256(date::text::bytea) from lotteries;
     insert into audit_log (index, event)
       select n, json_build_object('id', gen_random_uuid(), 'aggregate', 'user/1', 'type', 'user.banned.v1')
       from unnest('{0,999999,1000000}'::bigint[]) n`,
  )
  const stored = () =>
    Promise.all([
      query(url, `select lottery_date::text, level, "index", hash from ledger_subtrees order by 1`),
      query(url, `select "index", event, id, aggregate, type from audit_log order by 1`),
    ])
  const before = await stored()

  await migrateDatabase(url)

  expect(await stored()).toEqual(before)
  const partitions = await query<{ name: string }>(url, 'select inhrelid::regclass::text as name from pg_inherits')
  const tables = ['audit_log_0', 'audit_log_1', 'audit_log_2', 'ballots_2026_01', 'ballots_2026_02']
  expect(
    partitions
      .map(({ name }) => name)
      .filter((name) => !/key|idx|pk|_id/.test(name))
      .sort(),
  ).toEqual([...tables, 'ledger_subtrees_2026_01', 'ledger_subtrees_2026_02'])
})

async function databaseOf(migrations: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lottery-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp('drizzle', folder, { recursive: true })
  const journalFile = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(await readFile(journalFile, 'utf8')) as { entries: unknown[] }
  await writeFile(journalFile, JSON.stringify({ ...journal, entries: journal.entries.slice(0, migrations) }))

  const { url: server, prefix } = inject('postgres')
  const name = `${prefix}_version_${migrations}_${mintUuid().slice(-12)}`
  await query(server, `create database ${name}`)
  onTestFinished(async () => void (await query(server, `drop database ${name} with (force)`)))
  const url = new URL(server)
  url.pathname = `/${name}`
  const pool = createPool({ url: url.href, max: 1 })
  onTestFinished(() => pool.end())
  await migrate(drizzle({ client: pool }), { migrationsFolder: folder })
  return url.href
}
