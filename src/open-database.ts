import type { Logger } from 'pino'
import type { Config } from './config/config.ts'

/** A server that can be connected to, or is about to be. */
export interface OpenDatabase {
  /** Holds the password: never log it. */
  readonly url: string
  readonly description: string
  /** Stops the embedded server. Absent: the server is none of ours. */
  readonly stop?: () => Promise<void>
}

/** Connections to the embedded server besides those of the pools. */
const OTHER_CONNECTIONS = 20
/** Connections that the embedded server accepts at least. */
const LEAST_CONNECTIONS = 200

/** Returns the server of DATABASE_URL; without one, starts the embedded server. */
export async function openDatabase(config: Config, log: Logger, signal: AbortSignal): Promise<OpenDatabase> {
  if (config.databaseUrl !== undefined) {
    const { hostname, port, pathname } = new URL(config.databaseUrl)
    return { url: config.databaseUrl, description: `${pathname.slice(1)} at ${hostname}:${port || 5432}` }
  }
  log.info({ folder: config.dataDir }, 'starting the embedded PostgreSQL, since DATABASE_URL names no server')
  const { startEmbeddedPostgres } = await import('./embedded-postgres/embedded-postgres.ts')
  const connections = config.workers * config.databasePoolSize + OTHER_CONNECTIONS
  const embedded = await startEmbeddedPostgres(config.dataDir, {
    signal,
    settings: { max_connections: String(Math.max(LEAST_CONNECTIONS, connections)) },
    environment: config.fakeClock,
    keep: {
      onLost: () => log.warn('the embedded PostgreSQL ended its connections; it is started again'),
      onBack: () => log.info('the embedded PostgreSQL is ready again'),
      onFailure: (error) =>
        log.error({ err: error }, 'could not start the embedded PostgreSQL again; it is tried again'),
    },
  })
  return { url: embedded.url, description: `embedded PostgreSQL; ${embedded.hint}`, stop: () => embedded.stop() }
}
