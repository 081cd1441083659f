import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { composeOnPostgres } from './composition.ts'
import { readConfigOrExit } from './config.ts'
import { Ed25519CheckpointSigner } from './ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { buildOperationsApp } from './operations-app.ts'
import { createLogger } from './shared/infrastructure/logger.ts'
import { migrateWhenUp } from './shared/infrastructure/migrations.ts'
import { createPool } from './shared/infrastructure/postgres-pool.ts'
import { readServiceSecrets } from './shared/infrastructure/service-secrets.ts'
import { ledgerSeed, signingSeed } from './shared/infrastructure/signing-seed.ts'

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

  const signer = new Ed25519CheckpointSigner(config.ledgerName, await ledgerSeed(config))
  const tokenSeed = config.authIssuer === undefined ? await ownTokenSeed() : undefined
  const secrets = await readServiceSecrets(pool)
  const checkpointFolder = config.dataDirLasts ? config.dataDir : undefined
  const service = composeOnPostgres(
    pool,
    { ...config, databaseUrl: database.url, signer, tokenSeed, secrets, checkpointFolder },
    log,
  )
  const { bindLedgerKey, user, lottery, auditLog, events, webhooks, archive } = service
  await bindLedgerKey.execute(signer.verifierKey)
  await auditLog.refuseRollback.execute()
  const datesOfOtherEntropy = await lottery.findOtherEntropy.execute()
  started.push({ stop: () => lottery.batchingQueue.drain() })
  if (auditLog.cosigning) started.push(auditLog.cosigning)
  started.push(auditLog.sequencer, events.relay, webhooks.worker, lottery.closingSchedule, user.leavingBallots)
  if (events.pruning) started.push(events.pruning)
  if (archive.schedule) started.push(archive.schedule)

  // Stops after the API, so that operators see the requests that a stop still answers.
  const hasOperationsPort = config.operationsPort !== undefined
  const operations = hasOperationsPort ? await buildOperationsApp(service, { ...config, logger: log }) : undefined
  if (operations) started.push({ stop: () => operations.close() })
  const app = await buildApp(service, { ...config, logger: log })
  started.push({ stop: () => app.close() })
  if (stopping.signal.aborted) return
  const port = await listen(app, config.port)
  const operationsPort = operations && (await listen(operations, config.operationsPort))
  log.info(`API        http://localhost:${port}`)
  log.info(`docs       http://localhost:${port}/docs`)
  if (operationsPort !== undefined) log.info(`operations http://localhost:${operationsPort}`)
  log.info(`database   ${database.description}`)
  log.info(`access     ${accessInWords()}`)
  if (datesOfOtherEntropy.length > 0) {
    const facts = { dates: datesOfOtherEntropy, entropy: config.entropy }
    log.warn(facts, 'open lotteries keep randomness of another kind')
  }
  auditLog.sequencer.start()
  auditLog.cosigning?.start()
  events.relay.start()
  webhooks.worker.start()
  events.pruning?.start()
  user.leavingBallots.start()
  await lottery.closingSchedule.start()
  archive.schedule?.start()
}

/** Listens, and returns the port. The system chooses the port when `port` is 0. */
async function listen(app: FastifyInstance, port = 0): Promise<number> {
  const { level } = app.log
  app.log.level = 'warn' // Fastify logs a line for each network interface; newcomers look for the lines after them
  await app.listen({ host: config.host, port })
  app.log.level = level
  return (app.server.address() as AddressInfo).port
}

/** Sentence for the start-up log: what needs no token, and whose tokens are accepted. */
function accessInWords(): string {
  const { participants, authIssuer, internalCloseToken } = config
  return [
    participants === 'open' ? 'anyone may register and submit' : 'registering and submitting need a token',
    `operators need a token of ${authIssuer ?? 'this service (npm run token)'}`,
    `X-Internal-Token ${internalCloseToken === undefined ? 'is not accepted' : 'may close lotteries'}`,
  ].join('; ')
}

function ownTokenSeed(): Promise<Uint8Array> {
  return signingSeed('token-signing-key', config.tokenSigningKey, config.dataDir)
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
