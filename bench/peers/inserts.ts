import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { readJob } from '../processes.ts'

/**
 * Peer that commits each row on its own: its connections insert one row after another, without HTTP, locks or reads. No
 * service that commits ballots one by one can be faster.
 */
export interface InsertsJob {
  readonly url: string
  /** Table with the columns and indexes of `ballots`. */
  readonly table: string
  readonly date: string
  readonly users: readonly string[]
  readonly connections: number
  /** Seconds before the measurement, left out of the rate. */
  readonly warmup: number
  /** Length of the measurement. */
  readonly seconds: number
}

export interface InsertsResult {
  /** Inserted rows, including those of the warm-up. */
  readonly succeeded: number
  /** Rows a second. */
  readonly rate: number
}

const { url, table, date, users, connections, warmup, seconds } = await readJob<InsertsJob>()
const from = performance.now() + warmup * 1_000
const to = from + seconds * 1_000
let [ordinal, succeeded, measured] = [0, 0, 0]

await Promise.all(Array.from({ length: connections }, insertUntilTheEnd))
const result: InsertsResult = { succeeded, rate: measured / seconds }
process.stdout.write(JSON.stringify(result))

async function insertUntilTheEnd(): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  while (performance.now() < to) {
    ordinal += 1
    await client.query({
      name: 'insert',
      text: `insert into ${table} (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
             values ($1, $2, $3, $4, $5, clock_timestamp())`,
      values: [date, ordinal, mintUuid(), users[ordinal % users.length], randomBytes(16)],
    })
    succeeded += 1
    const at = performance.now()
    if (at >= from && at <= to) measured += 1
  }
  await client.end()
}
