import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { composeOnPostgres } from './composition/on-postgres.ts'
import { readConfigOrExit } from './config/config.ts'
import { Ed25519CheckpointSigner } from './ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { type Address, listen, refuseTakenPort } from './listening.ts'
import { type OpenDatabase, openDatabase } from './open-database.ts'
import { buildOperationsApp } from './operations-app.ts'
import type { Tracer } from './shared/application/tracer.ts'
import { createLogger } from './shared/infrastructure/logger.ts'
import { migrateWhenUp } from './shared/infrastructure/migrations.ts'
import { createPool } from './shared/infrastructure/postgres-pool.ts'
import { readServiceSecrets } from './shared/infrastructure/service-secrets.ts'
import { ledgerSeed, signingSeed } from './shared/infrastructure/signing-seed.ts'
import { traceStatements } from './shared/infrastructure/trace-statements.ts'
import { startFailure } from './start-failure.ts'
import { logStart } from './start-lines.ts'

/** Milliseconds to wait for a database that starts together with the service. */
const DATABASE_WITHIN_MS = 60_000
/** Milliseconds for a stop in order, the requests in flight included. */
const CLOSE_WITHIN_MS = 25_000

const config = readConfigOrExit()
const log = await createLogger(config.logLevel)
/** With several workers, this process is their primary, which serves nothing itself, or one of them. */
const team = config.workers > 1 ? await import('./workers.ts') : undefined
const worker = team?.ThisWorker.find()
/** The primary logs the stop for all. */
const stopLevel = worker ? 'debug' : 'info'
const stopping = new AbortController()
/** Parts in the order of their start. They are stopped in the opposite order. */
const started: { readonly stop: () => Promise<void> }[] = []

// These two signals may come twice: Ctrl-C below `npm start` sends one from the terminal and one from npm. close-with-grace
// gives up at a second signal, and for a moment after the first it listens to none, so the service handles them itself.
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const { close } = closeWithGrace(
  { delay: CLOSE_WITHIN_MS, logger: false, skip: [...SIGNALS] },
  async ({ signal, err }) => {
    if (err !== undefined && err === notStarted) {
      if (worker) await worker.failed(startFailure(err, config))
      else log.fatal(`the service could not start. ${startFailure(err, config)}`)
      log.debug({ err }, 'the error of the start')
    } else if (err) log.fatal({ err }, 'service stops after an error')
    else if (signal) log[stopLevel]({ signal }, 'service stops')
    stopping.abort()
    await starting.catch(() => {})
    for (const part of started.reverse()) {
      await part.stop().catch((error: unknown) => log.error({ err: error }, 'could not stop a part of the service'))
    }
    log[stopLevel]('service stopped')
  },
)
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (stopping.signal.aborted) return
    log[stopLevel]({ signal }, 'service stops')
    stopping.abort()
    close()
  })
}
let notStarted: unknown
const starting = team && !worker ? lead(team) : serve()
await starting.catch((error: unknown) => {
  if (stopping.signal.aborted) return
  notStarted = error
  throw error
})

/** Prepares everything once for all workers, and lets them serve. */
async function lead({ Workers }: NonNullable<typeof team>): Promise<void> {
  const [port, operationsPort] = await refuseTakenPorts()
  const database = await prepareDatabase()
  await ledgerSeed(config)
  if (config.authIssuer === undefined) await ownTokenSeed()
  const workers = new Workers({
    count: config.workers,
    environment: {
      PORT: String(port),
      ...(operationsPort !== undefined && { OPERATIONS_PORT: String(operationsPort) }),
      DATABASE_URL: database.url,
      ...(config.dataDirLasts && { DATA_DIR: config.dataDir }),
    },
    signal: stopping.signal,
    log,
  })
  started.push(workers)
  logStart(log, config, await workers.start(), database.description)
}

async function serve(): Promise<void> {
  if (!worker) await refuseTakenPorts()
  const tracer = await startTracing()
  const database = worker ? await openDatabase(config, log, stopping.signal) : await prepareDatabase()
  const pool = createPool({
    url: database.url,
    max: config.databasePoolSize,
    onBroken: (error) => log.warn({ err: error }, 'database connection lost'),
  })
  started.push({ stop: () => pool.end() })
  if (tracer) traceStatements(pool, tracer)

  const signer = new Ed25519CheckpointSigner(config.ledgerName, await ledgerSeed(config))
  const tokenSeed = config.authIssuer === undefined ? await ownTokenSeed() : undefined
  const secrets = await readServiceSecrets(pool)
  const metrics = worker?.metrics
  const checkpointFolder = config.dataDirLasts ? config.dataDir : undefined
  const service = composeOnPostgres(
    pool,
    { ...config, ...{ signer, tokenSeed, secrets, checkpointFolder, tracer, metrics }, databaseUrl: database.url },
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
  const app = await buildApp(service, { ...config, logger: log, tracer })
  started.push({ stop: () => app.close() })
  if (stopping.signal.aborted) return
  const [main, other] = addresses()
  const port = await listen(app, main, worker !== undefined)
  const operationsPort = operations && other && (await listen(operations, other, worker !== undefined))
  if (!worker) logStart(log, config, { port, operationsPort }, database.description)
  if (datesOfOtherEntropy.length > 0 && worker?.isFirst !== false) {
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
  await worker?.serves({ port, operationsPort })
}

/** Opens the database and brings its tables up to date. */
async function prepareDatabase(): Promise<OpenDatabase> {
  const database = await openDatabase(config, log, stopping.signal)
  const { stop } = database
  if (stop) started.push({ stop })
  await migrateWhenUp(database.url, {
    withinMs: DATABASE_WITHIN_MS,
    signal: stopping.signal,
    onWait: (reason) => log.warn({ err: reason, database: database.description }, 'waiting for the database'),
  })
  return database
}

/** Starts recording when a collector is configured. Else OpenTelemetry is not even loaded. */
async function startTracing(): Promise<Tracer | undefined> {
  if (config.otlpEndpoint === undefined) return undefined
  const { openTelemetry } = await import('./shared/infrastructure/open-telemetry.ts')
  const tracing = openTelemetry(config.otlpEndpoint, log)
  started.push(tracing)
  return tracing.tracer
}

/** Returns the ports of the addresses. */
async function refuseTakenPorts(): Promise<readonly [number, number | undefined]> {
  const [main, other] = addresses()
  return [await refuseTakenPort(main), other && (await refuseTakenPort(other))]
}

/** Where the API listens, and where operators do. */
function addresses(): readonly [Address, Address?] {
  const { host, port, operationsPort } = config
  const main = { host, port, variable: 'PORT' } as const
  if (operationsPort === undefined) return [main]
  return [main, { host, port: operationsPort, variable: 'OPERATIONS_PORT' }]
}

function ownTokenSeed(): Promise<Uint8Array> {
  return signingSeed('token-signing-key', config.tokenSigningKey, config.dataDir)
}
