import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { compose } from './composition.ts'
import { readConfigOrExit } from './config.ts'
import { requireLedgerKey } from './ledger/infrastructure/drizzle-ledger-key-repository.ts'
import { Ed25519CheckpointSigner } from './ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { parseSigningKey, signingKeyIn } from './ledger/infrastructure/signing-key.ts'
import { createLogger } from './shared/infrastructure/logger.ts'
import { migrateWhenUp } from './shared/infrastructure/migrations.ts'
import { createPool } from './shared/infrastructure/postgres-pool.ts'

/** Milliseconds: for a database that starts together with the service, and for requests in flight at the end. */
const DATABASE_WITHIN_MS = 60_000
const CLOSE_WITHIN_MS = 25_000

const config = readConfigOrExit()
const log = await createLogger(config.logLevel)
const stopping = new AbortController()
/** What was started, in order; it is stopped in the opposite order. */
const started: { readonly stop: () => Promise<void> }[] = []

// These two may come twice: Ctrl-C below `npm start` does, from the terminal and from npm. close-with-grace would give up
// at the second, and for a moment after the first it listens to none; so it is not asked to.
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const { close } = closeWithGrace(
  { delay: CLOSE_WITHIN_MS, logger: false, skip: [...SIGNALS] },
  async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'stopping after an error')
    else if (signal) log.info({ signal }, 'stopping')
    stopping.abort()
    await starting.catch(() => {})
    for (const work of started.reverse()) {
      await work.stop().catch((error: unknown) => log.error({ err: error }, 'not stopped in order'))
    }
    log.info('stopped')
  },
)
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (stopping.signal.aborted) return
    log.info({ signal }, 'stopping')
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
  await requireLedgerKey(pool, signer.verifierKey)
  const parts = compose(pool, { ...config, signer, relays: config.drandUrls }, log)
  started.push({ stop: () => parts.ballots.submitBallot.drain() })
  started.push(...parts.background)
  started.push({ stop: () => parts.closingSchedule.stop() })

  const app = await buildApp(parts, { ...config, logger: log })
  started.push({ stop: () => app.close() })
  if (stopping.signal.aborted) return
  const port = await listen(app)
  log.info(`API        http://localhost:${port}`)
  log.info(`docs       http://localhost:${port}/docs`)
  log.info(`database   ${database.description}`)
  for (const work of parts.background) work.start()
  await parts.closingSchedule.start()
}

/** The port, which the system chooses when the configuration says 0. */
async function listen(app: FastifyInstance): Promise<number> {
  const { level } = app.log
  app.log.level = 'warn' // Fastify would say one line for each network interface, ahead of what a newcomer looks for
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
