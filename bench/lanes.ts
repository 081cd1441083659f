import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts'
import { arrayLiteral, bytesLiteral } from '../src/shared/infrastructure/array-literal.ts'
import { migrateDatabase } from '../src/shared/infrastructure/migrations.ts'
import { mintUuid } from '../src/shared/infrastructure/uuid.ts'
import { query } from '../tests/support/test-clock.ts'
import { mean } from './statistics.ts'

/**
 * `npm run bench:lanes -- [--seconds 4] [--rounds 2]`: simulates a lottery of 1, 4 and 16 lanes on one PostgreSQL. A lane is a
 * row with a lock and a count of its own. One connection for each lane stores batch after batch under that lock, as the
 * service does for a lottery. There are no HTTP, no hashes and no receipts, so this is more than lanes can bring.
 */
const LANES = [1, 4, 16]
const BATCHES = [10, 100, 1_000]
const DAY = '2031-05-16'
const USERS = Array.from({ length: 1_000 }, () => mintUuid())
const INSERT = {
  name: 'insert',
  text: `insert into lane_ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
         select '${DAY}', $1::bigint + n, id, user_id, salt, clock_timestamp()
         from unnest($2::uuid[], $3::uuid[], $4::bytea[]) with ordinality as added (id, user_id, salt, n)`,
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, rounds: { type: 'string', default: '2' } },
})
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
const folder = await mkdtemp(join(tmpdir(), 'lottery-bench-lanes-'))
const server = await startEmbeddedPostgres(folder)
try {
  await migrateDatabase(server.url)
  await query(server.url, 'create table lanes (lane int primary key, count bigint not null)')
  await query(server.url, 'create table lane_ballots (like ballots including all)')
  console.log('batch    lanes    ballots/s    of one lane')
  for (const batch of BATCHES) {
    const rates = new Map(LANES.map((lanes) => [lanes, [] as number[]]))
    for (let round = 0; round < rounds; round += 1)
      for (const lanes of LANES) rates.get(lanes)?.push(await rateOf(lanes, batch))
    const [alone = Number.NaN] = [...rates.values()].map(mean)
    for (const [lanes, measured] of rates) {
      const rate = Math.round(mean(measured))
      const columns = [String(batch).padStart(5), String(lanes).padStart(8), rate.toLocaleString('en').padStart(12)]
      console.log(`${columns.join(' ')}    ${(rate / alone).toFixed(2)}`)
    }
  }
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}

/** Ballots a second that so many lanes store together. */
async function rateOf(lanes: number, batch: number): Promise<number> {
  await query(server.url, 'truncate lanes, lane_ballots')
  await query(server.url, 'insert into lanes select lane, 0 from generate_series(1, $1::int) lane', [lanes])
  await query(server.url, 'checkpoint')
  const from = performance.now()
  const stored = await Promise.all(
    Array.from({ length: lanes }, (_, n) => storeUntil(from + seconds * 1_000, n + 1, batch)),
  )
  return stored.reduce((sum, count) => sum + count, 0) / ((performance.now() - from) / 1_000)
}

/** Stores batches in a lane until the moment, and returns the number of ballots. */
async function storeUntil(end: number, lane: number, batch: number): Promise<number> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const run = (name: string, text: string, parameters: unknown[] = []) =>
    client.query({ name, text, values: parameters })
  let stored = 0
  while (performance.now() < end) {
    const users = Array.from({ length: batch }, (_, n) => USERS[(stored + n) % USERS.length] as string)
    const ids = users.map(() => mintUuid())
    const salts = users.map(() => randomBytes(16))
    const offset = lane * 1_000_000_000 + stored
    await Promise.all([
      run('begin', 'begin'),
      run('lock', 'select count from lanes where lane = $1 for update', [lane]),
    ])
    await Promise.all([
      client.query({ ...INSERT, values: [offset, arrayLiteral(ids), arrayLiteral(users), bytesLiteral(salts)] }),
      run('count', 'update lanes set count = count + $2 where lane = $1', [lane, batch]),
    ])
    await run('commit', 'commit')
    stored += batch
  }
  await client.end()
  return stored
}
