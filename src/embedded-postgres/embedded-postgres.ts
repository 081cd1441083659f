import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { createCluster, readPassword, refuseForeignCluster } from './cluster.ts'
import { findLauncher } from './launcher.ts'
import { findPostmaster, type Postmaster, spawnPostmaster, stopPostmaster } from './postmaster.ts'

export interface EmbeddedPostgres {
  /** Connection URL of the database `lottery`. Holds the password: never log it. */
  readonly url: string
  /** psql command line that connects. Names the password file, not the password. */
  readonly hint: string
  /** Stops the server and resolves when its process has exited. May be called more than once. */
  stop(): Promise<void>
}

interface Options {
  /** False is for tests: the server is faster, but a power cut can destroy the data. */
  readonly durable?: boolean
  /** postgresql.conf settings, which override the defaults below. An adopted server keeps the settings of its start. */
  readonly settings?: Readonly<Record<string, string>>
  /** Environment variables of the server process, which inherits none from the service. */
  readonly environment?: Readonly<Record<string, string>>
  /** Aborts the start. A server that this start launched and that is not ready yet is stopped. */
  readonly signal?: AbortSignal | undefined
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  logging_collector: 'off',
}
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }

const START_WITHIN_MS = 120_000 // crash recovery can have much to replay
const START_ATTEMPTS = 5
const OWNER_GONE_WITHIN_MS = 2_000

class DataFolderInUse extends Error {}

/**
 * Starts a real PostgreSQL on the cluster in `<dataDir>/postgres`. The first start creates the cluster.
 *
 * This code exists because the usual wrapper package cannot adopt a server. PostgreSQL outlives a killed service, so a
 * start finds one of four states:
 *
 * - no server: spawn one;
 * - a server whose service is gone: adopt the server;
 * - a server whose service is alive: refuse to start;
 * - a server that is starting, recovering or stopping: wait until it reaches one of the other states.
 *
 * An advisory lock in the running server decides which service owns it. The owner holds the lock on one connection. The
 * lock cannot outlive its owner, and processes that race for it cannot both get it.
 */
export async function startEmbeddedPostgres(dataDir: string, options: Options = {}): Promise<EmbeddedPostgres> {
  const { durable = true } = options
  await mkdir(dataDir, { recursive: true })
  const home = await realpath(dataDir)
  const [clusterDir, passfile] = [join(home, 'postgres'), join(home, 'pgpass')]
  await refuseForeignCluster(clusterDir)
  const launcher = await findLauncher(home, clusterDir)
  const password = await readPassword(passfile)
  await createCluster(launcher, home, clusterDir, password, durable)

  const settings = { ...SETTINGS, ...(durable ? {} : NOT_DURABLE), ...options.settings }
  const spawn = (logfile: string) => spawnPostmaster(launcher, clusterDir, logfile, settings, options.environment ?? {})
  const { postmaster, owner } = await claimServer(spawn, home, clusterDir, password, options.signal)
  let stopped: Promise<void> | undefined
  return {
    url: `postgres://lottery:${password}@127.0.0.1:${postmaster.port}/lottery`,
    hint: `PGPASSFILE=${shellPath(passfile)} psql -h 127.0.0.1 -p ${postmaster.port} -U lottery lottery`,
    stop: () => (stopped ??= stop(postmaster, owner)),
  }
}

// Releases the lock last: before the server has stopped, another service could take the lock and adopt the server.
async function stop(postmaster: Postmaster, owner: Client): Promise<void> {
  try {
    await stopPostmaster(postmaster)
  } finally {
    await owner.end().catch(() => undefined)
  }
}

async function claimServer(
  spawn: (logfile: string) => Promise<ChildProcess>,
  dataDir: string,
  clusterDir: string,
  password: string,
  signal: AbortSignal | undefined,
): Promise<{ postmaster: Postmaster; owner: Client }> {
  const logfile = join(dataDir, 'postgres.log')
  let child: ChildProcess | undefined
  let attempts = 0
  try {
    for (const deadline = Date.now() + START_WITHIN_MS; Date.now() < deadline; await sleep(20, undefined, { signal })) {
      const postmaster = await findPostmaster(clusterDir)
      if (postmaster?.ready) {
        const owner = await becomeOwner(postmaster, password, dataDir)
        if (owner !== undefined) return { postmaster, owner }
      } else if (postmaster === undefined && !isRunning(child)) {
        // An earlier attempt may have lost the port or the cluster to another process, or may have found backends that
        // outlive a killed server by a moment.
        if (attempts === START_ATTEMPTS)
          throw new Error(`could not start PostgreSQL; the end of ${logfile}: ${await lastLines(logfile)}`)
        await sleep(100 * attempts++)
        child = await spawn(logfile)
      }
    }
    throw new Error(
      `PostgreSQL was not ready after ${START_WITHIN_MS / 1000} s; the end of ${logfile}: ${await lastLines(logfile)}`,
    )
  } catch (error) {
    if (!(error instanceof DataFolderInUse) && child !== undefined && isRunning(child)) {
      child.kill('SIGINT')
      if (signal?.aborted) await once(child, 'exit')
    }
    throw error
  }
}

/** Connects and takes the owner's lock. Undefined when the server does not accept connections at this moment. */
async function becomeOwner({ port }: Postmaster, password: string, dataDir: string): Promise<Client | undefined> {
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
  // Without a listener a lost connection would end the process. The service's own queries report the lost server.
  owner.on('error', () => undefined)
  try {
    await owner.connect()
    await takeOwnerLock(owner, dataDir)
    await createDatabase(owner)
    return owner
  } catch (error) {
    await owner.end().catch(() => undefined)
    const isRefusal = error instanceof DatabaseError && !TEMPORARY_ERRORS.has(error.code ?? '')
    if (isRefusal || error instanceof DataFolderInUse) throw error
    return undefined // the connection was lost: the caller reads the pid file again to see whether the server is alive
  }
}

/** SQLSTATEs of errors that pass by themselves. */
const TEMPORARY_ERRORS = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now: starting, stopping or recovering
  '53300', // too_many_connections, perhaps those of a service that was just killed
])

// The backend of a killed service exits only after a moment. Until then its lock looks taken, hence the retries.
async function takeOwnerLock(owner: Client, dataDir: string): Promise<void> {
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

function isRunning(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null
}

async function lastLines(logfile: string): Promise<string> {
  const log = await readFile(logfile, 'utf8').catch(() => '')
  return log.trim().split('\n').slice(-5).join('\n') || `${logfile} is empty`
}

function shellPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  const shown = fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`
}
