import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { compose } from './composition.ts'
import { type Config, readConfig } from './config.ts'
import { createLogger } from './shared/infrastructure/logger.ts'
import { migrateWhenUp } from './shared/infrastructure/migrate.ts'
import { createPool } from './shared/infrastructure/postgres-pool.ts'

/** Milliseconds: for a database that starts together with the service, and for requests in flight at the end. */
const DATABASE_WITHIN_MS = 60_000
const CLOSE_WITHIN_MS = 25_000

const config = configOrExit()
const log = await createLogger(config.logLevel)
const stopping = new AbortController()
/** What was started, in order; it is stopped in the opposite order. */
const started: { readonly stop: () => Promise<void> }[] = []

const starting = start()
closeWithGrace({ delay: CLOSE_WITHIN_MS, logger: false }, async ({ signal, err }) => {
  if (err) log.fatal({ err }, 'stopping after an error')
  else log.info({ signal }, 'stopping')
  stopping.abort()
  await starting.catch(() => {})
  for (const { stop } of started.reverse()) await stop()
  log.info('stopped')
})
await starting

async function start(): Promise<void> {
  const database = await openDatabase()
  await migrateWhenUp(database.url, DATABASE_WITHIN_MS, stopping.signal)

  const pool = createPool({
    url: database.url,
    max: config.databasePoolSize,
    onBroken: (error) => log.warn({ err: error }, 'database connection lost'),
  })
  started.push({ stop: () => pool.end() })

  const parts = compose(pool, log)
  started.push({ stop: () => parts.closingSchedule.stop() })

  const app = await buildApp(parts, { ...config, logger: log })
  started.push({ stop: () => app.close() })
  if (stopping.signal.aborted) return
  await app.listen({ host: config.host, port: config.port, listenTextResolver: (at) => `listening at ${at}` })

  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  log.info(`API        http://localhost:${port}`)
  log.info(`docs       http://localhost:${port}/docs`)
  log.info(`database   ${database.description}`)
  await parts.closingSchedule.start()
}

async function openDatabase(): Promise<{ readonly url: string; readonly description: string }> {
  if (config.databaseUrl !== undefined) {
    const { hostname, port, pathname } = new URL(config.databaseUrl)
    return { url: config.databaseUrl, description: `${pathname.slice(1)} at ${hostname}:${port || 5432}` }
  }
  log.info({ folder: config.dataDir }, 'starting the embedded PostgreSQL, since DATABASE_URL is not set')
  const { startEmbeddedPostgres } = await import('./shared/infrastructure/embedded-postgres.ts')
  const embedded = await startEmbeddedPostgres(config.dataDir)
  started.push(embedded)
  return { url: embedded.url, description: `embedded PostgreSQL; ${embedded.hint}` }
}

function configOrExit(): Config {
  try {
    return readConfig()
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}
