import { setImmediate } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Subtree } from '../src/ledger/domain/merkle-tree.ts'
import { STORED_LEVELS } from '../src/ledger/domain/tree-proofs.ts'
import type { Ballot } from '../src/lottery/domain/ballot.ts'
import type { CalendarDate } from '../src/lottery/domain/calendar-date.ts'
import { commitmentTo } from '../src/lottery/domain/entropy.ts'
import { Lottery } from '../src/lottery/domain/lottery.ts'
import { DrizzleLotteryRepository } from '../src/lottery/infrastructure/drizzle-lottery-repository.ts'
import { ledgerSubtrees } from '../src/lottery/infrastructure/schema.ts'
import type { Instant } from '../src/shared/domain/instant.ts'
import type { UserId } from '../src/shared/domain/user-id.ts'
import { readClock } from '../src/shared/infrastructure/database-clock.ts'
import type { Database } from '../src/shared/infrastructure/postgres-pool.ts'
import { BALLOT_IDS } from '../tests/support/access.ts'
import { CAUSE } from '../tests/support/builders.ts'

/** Number of ballots stored by one statement. */
const BATCH = 5_000
/** Number of ballots issued before the event loop serves the connection again. Otherwise the server would sit idle. */
const SLICE = 500
const SECRET = Buffer.alloc(32, 7)

interface LargeLottery {
  readonly date: CalendarDate
  /** Number of ballots. */
  readonly size: number
  /** Users who get the ballots in turn. */
  readonly users: readonly UserId[]
  /** Called once a batch with the number of ballots written so far. */
  readonly onProgress?: (written: number) => void
}

/**
 * Writes an open lottery with all its ballots. The rows are like those of as many submits: the domain's own code issues
 * the ballots, only the statements are larger. A batch is hashed here while the server inserts the batch before it.
 */
export async function writeLargeLottery(url: string, lottery: LargeLottery): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('set synchronous_commit = off') // a crash of the machine ends the benchmark anyway
    await write(client, lottery)
  } finally {
    await client.end()
  }
}

async function write(client: pg.Client, { date, size, users, onProgress = () => {} }: LargeLottery): Promise<void> {
  const db: Database = drizzle({ client })
  const lotteries = new DrizzleLotteryRepository(db)
  const now = await readClock(db)
  const lottery = Lottery.open(date, { kind: 'commit-reveal', commitment: commitmentTo(SECRET) }, now, CAUSE)
  if (!(await lotteries.add(lottery, SECRET))) throw new Error(`the lottery of ${date} already exists`)

  let writing: Promise<unknown> = Promise.resolve()
  for (let written = 0; written < size; written += BATCH) {
    const instant = now + written / BATCH // one millisecond later for each batch
    const ballots = await issue(lottery, users, written, Math.min(BATCH, size - written), instant)
    const subtrees = lottery.takeFilledSubtrees().filter(({ level }) => STORED_LEVELS.some((kept) => kept === level))
    await writing
    writing = Promise.all([addBallots(client, date, ballots, instant), addSubtrees(db, date, subtrees)])
    onProgress(written)
  }
  await writing
  await lotteries.save(lottery)
}

async function issue(
  lottery: Lottery,
  users: readonly UserId[],
  from: number,
  count: number,
  at: Instant,
): Promise<Ballot[]> {
  const ballots: Ballot[] = []
  while (ballots.length < count) {
    const userId = users[(from + ballots.length) % users.length] as UserId
    const [id, salt] = [BALLOT_IDS.mint(), BALLOT_IDS.mintSalt()]
    ballots.push(lottery.issue({ id, userId, salt, standing: 'active' }, at))
    if (ballots.length % SLICE === 0) await setImmediate()
  }
  return ballots
}

/** Stores ballots with one statement. Sends each column as the text of an array, so pg has no arrays to serialize. */
async function addBallots(client: pg.Client, date: CalendarDate, ballots: Ballot[], at: Instant): Promise<void> {
  const column = (textOf: (ballot: Ballot) => string | number) => `{${ballots.map(textOf).join()}}`
  await client.query({
    name: 'add ballots',
    text: `
      insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
      select $1::date, ordinal, id, user_id, decode(salt, 'hex'), $2::timestamptz
      from unnest($3::bigint[], $4::uuid[], $5::uuid[], $6::text[]) as ballot (ordinal, id, user_id, salt)`,
    values: [
      date,
      new Date(at).toISOString(),
      column(({ ordinal }) => ordinal),
      column(({ id }) => id),
      column(({ userId }) => userId),
      column(({ salt }) => Buffer.from(salt).toString('hex')),
    ],
  })
}

async function addSubtrees(db: Database, lotteryDate: CalendarDate, subtrees: readonly Subtree[]): Promise<void> {
  if (subtrees.length > 0)
    await db.insert(ledgerSubtrees).values(subtrees.map((subtree) => ({ lotteryDate, ...subtree })))
}
