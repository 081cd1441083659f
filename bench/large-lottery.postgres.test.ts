import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { composeChecks } from '../src/composition.ts'
import { CalendarDate } from '../src/lottery/domain/calendar-date.ts'
import { userId } from '../tests/support/builders.ts'
import { composed } from '../tests/support/ledger.ts'
import { createTestDatabase, type TestDatabase } from '../tests/support/test-database.ts'
import { writeLargeLottery } from './large-lottery.ts'

/** Enough for a full subtree of either stored size, and not a multiple of anything. */
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

describe('the lottery that the benchmark writes', () => {
  it('is one that the audit finds sound', async () => {
    const date = CalendarDate.addDays(CalendarDate.of(Date.now()), 1)

    await writeLargeLottery(database.url, { date, size: SIZE, users: [userId(1), userId(2)] })

    const reports = []
    for await (const report of composeChecks(pool).checkStoredLotteries.execute(date)) reports.push(report)
    expect(reports).toContainEqual({ subject: `${date}, ${SIZE} ballots`, findings: [] })
    expect(await composed(pool).lotteries.findLottery.execute(date)).toMatchObject({ ledger: { size: SIZE } })
  })
})
