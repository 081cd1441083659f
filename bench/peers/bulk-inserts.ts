import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { arrayLiteral, bytesLiteral } from '../../src/shared/infrastructure/array-literal.ts'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { readJob } from '../processes.ts'
import type { InsertsJob, InsertsResult } from './inserts.ts'

/**
 * Peer that inserts many rows with each commit: PostgreSQL alone, without HTTP, locks, reads and ledger. Its connections
 * insert one batch of rows after another, each with one statement.
 */
export interface BulkInsertsJob extends InsertsJob {
  /** Rows of each statement. */
  readonly rows: number
}

const { url, table, date, users, connections, warmup, seconds, rows } = await readJob<BulkInsertsJob>()
const from = performance.now() + warmup * 1_000
const to = from + seconds * 1_000
let [inserted, succeeded, measured] = [0, 0, 0]

await Promise.all(Array.from({ length: connections }, insertUntilTheEnd))
const result: InsertsResult = { succeeded, rate: measured / seconds }
process.stdout.write(JSON.stringify(result))

async function insertUntilTheEnd(): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  while (performance.now() < to) {
    const ordinals = Array.from({ length: rows }, (_, n) => inserted + n + 1)
    inserted += rows
    await client.query({
      name: 'insert',
      text: `insert into ${table} (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
             select $1, ordinal, id, user_id, salt, clock_timestamp()
             from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::bytea[]) as added (ordinal, id, user_id, salt)`,
      values: [
        date,
        arrayLiteral(ordinals),
        arrayLiteral(ordinals.map(() => mintUuid())),
        arrayLiteral(ordinals.map((ordinal) => users[ordinal % users.length] as string)),
        bytesLiteral(ordinals.map(() => randomBytes(16))),
      ],
    })
    succeeded += rows
    const at = performance.now()
    if (at >= from && at <= to) measured += rows
  }
  await client.end()
}
