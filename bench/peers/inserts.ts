import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { told } from '../processes.ts'

/**
 * What the database server can do when each row is a commit of its own: connections that insert one row after another,
 * without HTTP, a lock or a look at anything. Nobody who commits ballots one by one can be faster.
 */
export interface InsertsJob {
  readonly url: string
  /** Of the same columns and indexes as `ballots`. */
  readonly table: string
  readonly date: string
  readonly users: readonly string[]
  readonly connections: number
  readonly warmup: number
  readonly seconds: number
}

export interface InsertsResult {
  /** Rows, those of the warm-up included. */
  readonly succeeded: number
  /** Rows a second. */
  readonly rate: number
}

const { url, table, date, users, connections, warmup, seconds } = await told<InsertsJob>()
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
