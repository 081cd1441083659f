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
  /** With the password, for the database `lottery`. Never log it. */
  readonly url: string
  /** A psql command line that connects, without the password. */
  readonly hint: string
  /** Resolves when the server process has exited. May be called more than once. */
  stop(): Promise<void>
}

interface Options {
  /** False trades the data's safety at a power cut for speed: for tests. */
  readonly durable?: boolean
  /** postgresql.conf settings; they win over ours. An adopted server keeps those it was started with. */
  readonly settings?: Readonly<Record<string, string>>
  /** Variables of the server's process, which inherits none of ours. */
  readonly environment?: Readonly<Record<string, string>>
  /** Gives the start up; a server that is still starting or recovering is stopped. */
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

const START_WITHIN_MS = 120_000 // crash recovery may have a lot to replay
const START_ATTEMPTS = 5
const OWNER_GONE_WITHIN_MS = 2_000

class DataFolderInUse extends Error {}

/**
 * A real PostgreSQL on the cluster in `<dataDir>/postgres`, created at the first start and kept.
 *
 * We write this ourselves because the usual wrapper cannot adopt a server: PostgreSQL outlives a killed service, so a
 * start finds (a) nothing, and spawns; (b) an orphan, and adopts it; (c) the server of a service that is alive, and
 * refuses; (d) a server still starting, recovering or stopping, and waits until it is one of the others. Who may use a
 * running server is decided by an advisory lock in it that its owner holds on one connection: the lock cannot
 * outlive its owner, nor be taken twice by starters that race.
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

// The lock is let go last: before that, a starter could adopt the server we are about to stop.
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
        // It may have lost a port or the cluster to somebody, or met backends that outlive a killed server by a moment.
        if (attempts === START_ATTEMPTS) throw new Error(`PostgreSQL does not start: ${await lastLines(logfile)}`)
        await sleep(100 * attempts++)
        child = await spawn(logfile)
      }
    }
    throw new Error(`PostgreSQL was not ready after ${START_WITHIN_MS / 1000} s: ${await lastLines(logfile)}`)
  } catch (error) {
    if (!(error instanceof DataFolderInUse) && child !== undefined && isRunning(child)) {
      child.kill('SIGINT')
      if (signal?.aborted) await once(child, 'exit')
    }
    throw error
  }
}

/** Undefined when the server does not take connections at this moment. */
async function becomeOwner({ port }: Postmaster, password: string, dataDir: string): Promise<Client | undefined> {
  const owner = new Client({
    ...{ host: '127.0.0.1', port, user: 'lottery', password, database: 'postgres', ssl: false },
    ...{ application_name: 'lottery owner', keepAlive: true, connectionTimeoutMillis: 10_000 },
  })
  owner.on('error', () => undefined) // the server going away is noticed by those who query; it must not end the process
  try {
    await owner.connect()
    await lock(owner, dataDir)
    await createDatabase(owner)
    return owner
  } catch (error) {
    await owner.end().catch(() => undefined)
    const refused = error instanceof DatabaseError && !NOT_NOW.has(error.code ?? '')
    if (refused || error instanceof DataFolderInUse) throw error
    return undefined // a lost connection: whether the server still is there, its pid file will tell
  }
}

// starting, stopping or recovering; shut down; too many connections, maybe those of a service just killed
const NOT_NOW = new Set(['57P03', '57P01', '57P02', '53300'])

// A killed service is noticed by its backend only after a moment: until then the lock looks taken.
async function lock(owner: Client, dataDir: string): Promise<void> {
  for (const deadline = Date.now() + OWNER_GONE_WITHIN_MS; Date.now() < deadline; await sleep(50)) {
    const { rows } = await owner.query<{ mine: boolean }>('SELECT pg_try_advisory_lock(1) AS mine')
    if (rows[0]?.mine) return
  }
  throw new DataFolderInUse(`${dataDir} is in use by another running service: stop that, or choose another DATA_DIR`)
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
