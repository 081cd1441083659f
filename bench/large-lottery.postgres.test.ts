import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { composeChecks } from '../src/composition/checks.ts'
import { CalendarDate } from '../src/lottery/domain/calendar-date.ts'
import { userId } from '../tests/support/builders.ts'
import { composed } from '../tests/support/ledger.ts'
import { createTestDatabase, type TestDatabase } from '../tests/support/test-database.ts'
import { writeLargeLottery } from './large-lottery.ts'

/** Large enough for a full subtree of either stored size (256 and 65,536 leaves), and a multiple of neither. */
const SIZE = 66_001

let database: TestDatabase
let pool: pg.Pool

beforeEach(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url })
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

describe('writing the large lottery of the benchmark', () => {
  it('writes a lottery that passes the check of stored lotteries', async () => {
    const date = CalendarDate.addDays(CalendarDate.of(Date.now()), 1)

    await writeLargeLottery(database.url, { date, size: SIZE, users: [userId(1), userId(2)] })

    const reports = []
    for await (const report of composeChecks(pool).checkStoredLotteries.execute(date)) reports.push(report)
    expect(reports).toContainEqual({ subject: `${date}, ${SIZE} ballots`, findings: [] })
    expect(await composed(pool).lottery.findLottery.execute(date)).toMatchObject({ ledger: { size: SIZE } })
  })
})
