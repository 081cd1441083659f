import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DrizzleQueryError } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { DatabaseUnavailable } from '../application/unavailable.ts'
import { named } from './postgres-errors.ts'

const MIGRATIONS = fileURLToPath(new URL('../../../drizzle', import.meta.url))
const CONNECT_TIMEOUT_MS = 3_000
const RETRY_MS = 500
const OLDEST_SERVER = 15
/** SQLSTATEs of a database without migrations: no such schema, no such table. */
const BEFORE_THE_FIRST = new Set(['3F000', '42P01'])

/**
 * Applies missing migrations. When none is missing, it changes nothing, so that a role which may not migrate can call it. Any
 * number of replicas may call it at the same time: it takes an advisory lock, which
 * drizzle's migrate() does not. An aborted signal ends the connection, and the server rolls back.
 */
export async function migrateDatabase(url: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const client = clientOf(url)
  const end = () => void client.end()
  signal?.addEventListener('abort', end)
  try {
    await client.connect()
    await refuseOldServer(client)
    if (await isUpToDate(client)) return
    await client.query("select pg_advisory_lock(hashtext('lottery-service migrate'))")
    await migrate(drizzle({ client }), { migrationsFolder: MIGRATIONS })
  } catch (error) {
    signal?.throwIfAborted()
    throw refusalIn(error) ?? named(error)
  } finally {
    signal?.removeEventListener('abort', end)
    await client.end()
  }
}

/**
 * Gives a role the rights that the service needs, and no others. They are listed in `drizzle/service-role.sql`. `url` is that
 * of the owner of the tables.
 */
export async function grantToService(url: string, role: string): Promise<void> {
  const client = clientOf(url)
  const grants = await readFile(`${MIGRATIONS}/service-role.sql`, 'utf8')
  try {
    await client.connect()
    const own = grants.replace(/^--.*$/gm, '').replaceAll(':role', client.escapeIdentifier(role))
    await client.query((await hasCitus(client)) ? own.replace(/UPDATE \([^)]*\) ON ballots/, 'UPDATE ON ballots') : own)
  } finally {
    await client.end()
  }
}

/** Citus grants no rights on columns of a distributed table. The trigger of the ballots refuses all other changes there too. */
async function hasCitus(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query("select from pg_extension where extname = 'citus'")
  return rowCount === 1
}

function clientOf(url: string): pg.Client {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'lottery-service migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => {})
  return client
}

/** @throws Error when the server is older than the oldest version that the migrations work on */
async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version")
  const major = Math.floor(Number(rows[0]?.version) / 10_000)
  if (major < OLDEST_SERVER)
    throw new Error(
      `DATABASE_URL: the server is PostgreSQL ${major}: upgrade it to PostgreSQL ${OLDEST_SERVER} or newer, or name another`,
    )
}

async function isUpToDate(client: pg.Client): Promise<boolean> {
  const newest = readMigrationFiles({ migrationsFolder: MIGRATIONS }).at(-1)?.folderMillis
  const { rows } = await client
    .query<{ applied: string | null }>('select max(created_at) as applied from drizzle.__drizzle_migrations')
    .catch((error: unknown) => {
      if (error instanceof pg.DatabaseError && BEFORE_THE_FIRST.has(error.code ?? '')) return { rows: [] }
      throw error
    })
  return Number(rows[0]?.applied ?? 0) >= (newest ?? 0)
}

/**
 * The sentence with which a migration refuses a database (SQLSTATE P0001, RAISE EXCEPTION), or with which the database refuses
 * a migration by a role that is not its owner (42501); undefined for another error.
 */
function refusalIn(error: unknown): Error | undefined {
  const cause = error instanceof DrizzleQueryError ? error.cause : error
  if (!(cause instanceof pg.DatabaseError)) return undefined
  if (cause.code === 'P0001') return new Error(cause.message)
  if (cause.code !== '42501') return undefined
  return new Error(
    'The database misses migrations, and the role of DATABASE_URL may not apply them. Run `npm run db:migrate` as the owner ' +
      `of the tables, with --grant and the name of this role (${cause.message}).`,
  )
}

interface Waiting {
  readonly withinMs: number
  readonly signal: AbortSignal
  /** Called once, with the error of the first try, when the database cannot be reached at once. */
  readonly onWait: (reason: DatabaseUnavailable) => void
}

/**
 * Migrates as soon as the database answers; the server may still be starting.
 * @throws DatabaseUnavailable when the database does not answer within `withinMs` milliseconds
 */
export async function migrateWhenUp(url: string, { withinMs, signal, onWait }: Waiting): Promise<void> {
  let waiting = false
  for (const deadline = Date.now() + withinMs; ; await setTimeout(RETRY_MS, undefined, { signal })) {
    try {
      return await migrateDatabase(url, signal)
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || Date.now() >= deadline) throw error
      if (!waiting) onWait(error)
      waiting = true
    }
  }
}
