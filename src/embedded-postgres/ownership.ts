import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import type { Postmaster } from './postmaster.ts'

/** The owner's lock, held on a connection of its own. */
export interface Ownership {
  /** Resolves when the connection has ended, and the lock with it. Never rejects. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

export class DataFolderInUse extends Error {}

/** The backend of a killed service exits only after a moment. Until then its lock looks taken. */
const OWNER_GONE_WITHIN_MS = 2_000
/** SQLSTATEs of errors that pass by themselves. */
const TEMPORARY_ERRORS = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting, stopping or recovering
  '53300', // too_many_connections, perhaps those of a service that was just killed
])
const INVALID_PASSWORD = '28P01'

/**
 * Connects, and takes the owner's lock. Undefined when the server does not accept connections at this moment.
 *
 * @throws DataFolderInUse when another service holds the lock
 * @throws Error when the server refuses the password, or for a reason that does not pass by itself
 */
export async function becomeOwner(
  { port }: Postmaster,
  password: string,
  dataDir: string,
): Promise<Ownership | undefined> {
  const owner = new Client({
    host: '127.0.0.1',
    port,
    user: 'lottery',
    password,
    database: 'postgres',
    ssl: false,
    application_name: 'lottery owner',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  })
  // Without a listener a lost connection would end the process.
  owner.on('error', () => undefined)
  const lost = new Promise<void>((resolve) => owner.once('end', resolve))
  const release = () => owner.end().catch(() => undefined)
  try {
    await owner.connect()
    await takeLock(owner, dataDir)
    await createDatabase(owner)
    return { lost, release }
  } catch (error) {
    await release()
    if (error instanceof DatabaseError && error.code === INVALID_PASSWORD) throw wrongPassword(dataDir)
    const isRefusal = error instanceof DatabaseError && !TEMPORARY_ERRORS.has(error.code ?? '')
    if (isRefusal || error instanceof DataFolderInUse) throw error
    return undefined // the connection was lost: the caller reads the pid file again to see whether the server is alive
  }
}

async function takeLock(owner: Client, dataDir: string): Promise<void> {
  for (const deadline = Date.now() + OWNER_GONE_WITHIN_MS; Date.now() < deadline; await sleep(50)) {
    const { rows } = await owner.query<{ mine: boolean }>('SELECT pg_try_advisory_lock(1) AS mine')
    if (rows[0]?.mine) return
  }
  throw new DataFolderInUse(
    `${dataDir} is in use by another running service: stop that service, or choose another DATA_DIR`,
  )
}

async function createDatabase(owner: Client): Promise<void> {
  const { rowCount } = await owner.query("SELECT FROM pg_database WHERE datname = 'lottery'")
  if (rowCount === 0) await owner.query('CREATE DATABASE lottery')
}

function wrongPassword(dataDir: string): Error {
  return new Error(
    `the embedded PostgreSQL refuses the password in ${dataDir}/pgpass: restore that file from a backup, or make a new ` +
      'password as docs/operations.md says under "Lost password"',
  )
}
