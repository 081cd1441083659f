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

it('refuses a database with lotteries of lottery-draw-v1, in a sentence, and changes nothing', async () => {
  const url = await databaseOfVersion1()
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
  const url = await databaseOfVersion1()
  await query(url, `insert into users (id, email, created_at, last_seq) values ($1, 'ada@example.org', now(), 1)`, [
    mintUuid(),
  ])

  await migrateDatabase(url)

  expect(await query(url, 'select email from users')).toEqual([{ email: 'ada@example.org' }])
  expect(await query(url, 'select from seals')).toEqual([])
})

async function databaseOfVersion1(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lottery-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp('drizzle', folder, { recursive: true })
  const journalFile = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(await readFile(journalFile, 'utf8')) as { entries: unknown[] }
  await writeFile(journalFile, JSON.stringify({ ...journal, entries: journal.entries.slice(0, OF_VERSION_1) }))

  const { url: server, prefix } = inject('postgres')
  const name = `${prefix}_version_1_${mintUuid().slice(-12)}`
  await query(server, `create database ${name}`)
  onTestFinished(async () => void (await query(server, `drop database ${name} with (force)`)))
  const url = new URL(server)
  url.pathname = `/${name}`
  const pool = createPool({ url: url.href, max: 1 })
  onTestFinished(() => pool.end())
  await migrate(drizzle({ client: pool }), { migrationsFolder: folder })
  return url.href
}
