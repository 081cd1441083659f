import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import packageJson from '../package.json' with { type: 'json' }
import { buildApp } from '../src/app.ts'
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts'
import { CalendarDate } from '../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../src/shared/domain/user-id.ts'
import { migrateDatabase } from '../src/shared/infrastructure/migrations.ts'
import { createPool } from '../src/shared/infrastructure/postgres-pool.ts'
import { mintUuid } from '../src/shared/infrastructure/uuid.ts'
import { CAUSE } from '../tests/support/builders.ts'
import { composed, SIGNER } from '../tests/support/ledger.ts'
import { installTestClock, query } from '../tests/support/test-clock.ts'
import { writeLargeLottery } from './large-lottery.ts'

/**
 * `npm run bench:archive -- [--ballots 10000000] [--look-ups 200]`: archives a month of this many ballots in a folder, by the
 * script that an operator runs, and prints the time of each step, the largest memory of the process, and how long look-ups
 * of the API take from the database and from the archive.
 */
const { values } = parseArgs({
  options: { ballots: { type: 'string', default: '10000000' }, 'look-ups': { type: 'string', default: '200' } },
})
const BALLOTS = Number(values.ballots)
const LOOK_UPS = Number(values['look-ups'])
const USERS = 100_000
const DAY = CalendarDate.parse('2031-05-16')
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SCRIPT = packageJson.scripts.archive

const folder = await mkdtemp(join(tmpdir(), 'lottery-bench-archive-'))
const server = await startEmbeddedPostgres(join(folder, 'data'))
try {
  await run()
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const store = join(folder, 'store')
  await mkdir(store)
  await migrateDatabase(server.url)
  const clock = await installTestClock(server.url)
  await clock.moveTo('2031-05-16T12:00:00Z')
  const pool = createPool({ url: server.url, max: 4 })
  const archive = {
    store: { kind: 'file', folder: store },
    afterMonths: 3,
    graceDays: 0,
    publicUrl: undefined,
  } as const
  const service = composed(pool, undefined, { databaseUrl: server.url, archive })
  await service.bindLedgerKey.execute(SIGNER.verifierKey)
  const users = Array.from({ length: USERS }, () => mintUuid() as UserId)
  await writeLargeLottery(server.url, { date: DAY, size: BALLOTS, users })
  await clock.moveTo('2031-05-17T00:00:01Z')
  await service.lottery.closeLottery.execute(DAY, CAUSE)
  await service.auditLog.sequenceNow()
  await query(server.url, 'update outbox set published_at = clock_timestamp()')
  await query(server.url, 'vacuum (analyze) ballots, ledger_subtrees')
  await clock.moveTo('2031-09-02T12:00:00Z')

  const app = await buildApp(service, { maxEventLoopDelayMs: 0 })
  const ids = await query<{ id: string; ordinal: string }>(
    server.url,
    `select id, ordinal from ballots where lottery_date = $1 and ordinal = any($2)`,
    [DAY, Array.from({ length: LOOK_UPS }, (_, n) => 1 + Math.floor((n * BALLOTS) / LOOK_UPS))],
  )
  const before = await lookUps(app, ids)
  const { steps, peakMb } = await archiveMonth(store)
  const after = await lookUps(app, ids)
  await app.close()
  await pool.end()

  console.log(`archive of ${BALLOTS.toLocaleString('en')} ballots of one month`)
  for (const [step, seconds] of steps)
    console.log(
      `  ${step.padEnd(28)} ${seconds.toFixed(1)} s  ${Math.round(BALLOTS / seconds).toLocaleString('en')} ballots/s`,
    )
  console.log(`  ${'largest memory'.padEnd(28)} ${peakMb} MB`)
  for (const [kind, ms] of Object.entries(after))
    console.log(
      `  ${kind.padEnd(28)} p50 ${ms.p50.toFixed(1)} ms, p99 ${ms.p99.toFixed(1)} ms (database: ${before[kind]?.p50.toFixed(1)} ms)`,
    )
}

type Figures = Record<string, { p50: number; p99: number }>

async function lookUps(
  app: Awaited<ReturnType<typeof buildApp>>,
  ids: { id: string; ordinal: string }[],
): Promise<Figures> {
  const kinds = {
    'ballot by id': ({ id }: { id: string }) => `/lotteries/${DAY}/ballots/${id}`,
    'inclusion proof': ({ id }: { id: string }) => `/lotteries/${DAY}/ballots/${id}/proof`,
    'page of 50 ballots': ({ ordinal }: { ordinal: string }) =>
      `/lotteries/${DAY}/ballots?cursor=${Buffer.from(ordinal).toString('base64url')}`,
  }
  const figures: Figures = {}
  for (const [kind, path] of Object.entries(kinds)) {
    const times: number[] = []
    for (const row of ids) {
      const startedAt = performance.now()
      const { statusCode } = await app.inject(path(row))
      times.push(performance.now() - startedAt)
      if (statusCode !== 200) throw new Error(`${path(row)} was answered ${statusCode}`)
    }
    times.sort((a, b) => a - b)
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0
    figures[kind] = { p50: at(0.5), p99: at(0.99) }
  }
  return figures
}

/** Runs the command, and watches its states and its memory. */
async function archiveMonth(store: string): Promise<{ steps: [string, number][]; peakMb: number }> {
  const startedAt = performance.now()
  const child = spawn('sh', ['-c', `${SCRIPT} --month 2031-05`], {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      DATABASE_URL: server.url,
      DATA_DIR: folder,
      ARCHIVE_URL: `file://${store}`,
      ARCHIVE_GRACE_DAYS: '0',
      LEDGER_SIGNING_KEY: Buffer.alloc(32, 9).toString('base64'),
    },
  })
  const seen = new Map<string, number>()
  let peakKb = 0
  const exit = once(child, 'close')
  let isRunning = true
  void exit.then(() => {
    isRunning = false
  })
  while (isRunning) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    const [row] = await query<{ state: string }>(server.url, 'select state from archives')
    if (row && !seen.has(row.state)) seen.set(row.state, performance.now())
    await setTimeout(200)
  }
  const [code] = (await exit) as [number | null]
  if (code !== 0) throw new Error(`the archiver exited with code ${code}`)
  const at = (state: string) => seen.get(state) ?? performance.now()
  const seconds = (from: number, to: number) => (to - from) / 1_000
  return {
    steps: [
      ['check before the export', seconds(startedAt, at('exporting'))],
      ['export', seconds(at('exporting'), at('uploaded'))],
      ['verification', seconds(at('uploaded'), at('verified'))],
      ['all', seconds(startedAt, performance.now())],
    ],
    peakMb: Math.round(peakKb / 1024),
  }
}
