import { mkdir, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { claimServer, stopServer } from './claimed-server.ts'
import { createCluster, readPassword, refuseForeignCluster } from './cluster.ts'
import { KeptServer, type ServerEvents } from './kept-server.ts'
import { findLauncher } from './launcher.ts'
import { spawnPostmaster } from './postmaster.ts'

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
  /** Keeps the server running: a server that dies is started again, and what happens is told. Absent: it stays dead. */
  readonly keep?: ServerEvents
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
  const password = await readPassword(passfile, clusterDir)
  await createCluster(launcher, home, clusterDir, password, durable)

  const settings = { ...SETTINGS, ...(durable ? {} : NOT_DURABLE), ...options.settings }
  const claim = (signal: AbortSignal | undefined, port?: number) => {
    const own = port === undefined ? settings : { ...settings, port: String(port) }
    const spawn = (logfile: string) => spawnPostmaster(launcher, clusterDir, logfile, own, options.environment ?? {})
    return claimServer({ spawn, dataDir: home, clusterDir, password, signal })
  }
  const server = await claim(options.signal)
  const kept = options.keep && new KeptServer(server, (port, signal) => claim(signal, port), options.keep)
  const { port } = server.postmaster
  let stopped: Promise<void> | undefined
  return {
    url: `postgres://lottery:${password}@127.0.0.1:${port}/lottery`,
    hint: `PGPASSFILE=${shellPath(passfile)} psql -h 127.0.0.1 -p ${port} -U lottery lottery`,
    stop: () => (stopped ??= kept ? kept.stop() : stopServer(server)),
  }
}

function shellPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  const shown = fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere
  return /^[\w./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`
}
