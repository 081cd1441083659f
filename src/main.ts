import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { composeOnPostgres } from './composition.ts'
import { readConfigOrExit } from './config.ts'
import { Ed25519CheckpointSigner } from './ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { parseSigningKey, signingKeyIn } from './ledger/infrastructure/signing-key.ts'
import { createLogger } from './shared/infrastructure/logger.ts'
import { migrateWhenUp } from './shared/infrastructure/migrations.ts'
import { createPool } from './shared/infrastructure/postgres-pool.ts'

/** Milliseconds to wait for a database that starts together with the service. */
const DATABASE_WITHIN_MS = 60_000
/** Milliseconds for a stop in order, the requests in flight included. */
const CLOSE_WITHIN_MS = 25_000

const config = readConfigOrExit()
const log = await createLogger(config.logLevel)
const stopping = new AbortController()
/** Parts in the order of their start. They are stopped in the opposite order. */
const started: { readonly stop: () => Promise<void> }[] = []

// These two signals may come twice: Ctrl-C below `npm start` sends one from the terminal and one from npm. close-with-grace
// gives up at a second signal, and for a moment after the first it listens to none, so the service handles them itself.
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const { close } = closeWithGrace(
  { delay: CLOSE_WITHIN_MS, logger: false, skip: [...SIGNALS] },
  async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'service stops after an error')
    else if (signal) log.info({ signal }, 'service stops')
    stopping.abort()
    await starting.catch(() => {})
    for (const part of started.reverse()) {
      await part.stop().catch((error: unknown) => log.error({ err: error }, 'could not stop a part of the service'))
    }
    log.info('service stopped')
  },
)
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (stopping.signal.aborted) return
    log.info({ signal }, 'service stops')
    stopping.abort()
    close()
  })
}
const starting = start()
await starting.catch((error: unknown) => {
  if (!stopping.signal.aborted) throw error
})

async function start(): Promise<void> {
  const database = await openDatabase()
  await migrateWhenUp(database.url, {
    withinMs: DATABASE_WITHIN_MS,
    signal: stopping.signal,
    onWait: (reason) => log.warn({ err: reason, database: database.description }, 'waiting for the database'),
  })

  const pool = createPool({
    url: database.url,
    max: config.databasePoolSize,
    onBroken: (error) => log.warn({ err: error }, 'database connection lost'),
  })
  started.push({ stop: () => pool.end() })

  const signer = new Ed25519CheckpointSigner(config.ledgerName, await signingKey())
  const service = composeOnPostgres(pool, { ...config, signer }, log)
  const { bindLedgerKey, lottery, auditLog, events } = service
  await bindLedgerKey.execute(signer.verifierKey)
  started.push({ stop: () => lottery.submitQueue.drain() })
  started.push(auditLog.sequencer, events.relay, lottery.closingSchedule)

  const app = await buildApp(service, { ...config, logger: log })
  started.push({ stop: () => app.close() })
  if (stopping.signal.aborted) return
  const port = await listen(app)
  log.info(`API        http://localhost:${port}`)
  log.info(`docs       http://localhost:${port}/docs`)
  log.info(`database   ${database.description}`)
  auditLog.sequencer.start()
  events.relay.start()
  await lottery.closingSchedule.start()
}

/** Listens, and returns the port. The system chooses the port when the configuration says 0. */
async function listen(app: FastifyInstance): Promise<number> {
  const { level } = app.log
  app.log.level = 'warn' // Fastify logs a line for each network interface; newcomers look for the lines after them
  await app.listen({ host: config.host, port: config.port })
  app.log.level = level
  return (app.server.address() as AddressInfo).port
}

async function signingKey(): Promise<Uint8Array> {
  if (config.ledgerSigningKey !== undefined) return parseSigningKey(config.ledgerSigningKey)
  if (!config.isProduction) return signingKeyIn(config.dataDir)
  throw new Error('LEDGER_SIGNING_KEY must be set when NODE_ENV is production, the same on all replicas')
}

async function openDatabase(): Promise<{ readonly url: string; readonly description: string }> {
  if (config.databaseUrl !== undefined) {
    const { hostname, port, pathname } = new URL(config.databaseUrl)
    return { url: config.databaseUrl, description: `${pathname.slice(1)} at ${hostname}:${port || 5432}` }
  }
  log.info({ folder: config.dataDir }, 'starting the embedded PostgreSQL, since DATABASE_URL is not set')
  const { startEmbeddedPostgres } = await import('./embedded-postgres/embedded-postgres.ts')
  const embedded = await startEmbeddedPostgres(config.dataDir, {
    signal: stopping.signal,
    environment: config.fakeClock,
  })
  started.push(embedded)
  return { url: embedded.url, description: `embedded PostgreSQL; ${embedded.hint}` }
}
