import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BY_DATE, distributeDatabase } from '../../../src/shared/infrastructure/distribution.ts'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { aSubmit, CAUSE, date } from '../../support/builders.ts'
import { composed } from '../../support/ledger.ts'
import { PostgresService } from '../../support/postgres-service.ts'

const DAYS = [date('2031-05-14'), date('2031-05-15')] as const
const TABLES = Object.keys(BY_DATE)

let service: PostgresService

beforeAll(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
})
afterAll(() => service.stop())

describe('the tables with rows of lotteries', () => {
  it('are all those with a date of a lottery, except the chain of seals', async () => {
    const dated = await service.query<{ name: string }>(
      `select table_name as name from information_schema.columns join pg_class on oid = table_name::regclass and not relispartition
       where table_schema = 'public' and column_name in ('date', 'lottery_date') and data_type = 'date'`,
    )

    expect(dated.map(({ name }) => name).sort()).toEqual([...TABLES, 'seals'].sort())
  })

  it('have the date in each unique key, and no foreign key, as Citus needs', async () => {
    const keys = await service.query<{ table: string; key: string; columns: string[] }>(
      `select indrelid::regclass::text as table, indexrelid::regclass::text as key,
         array(select attname::text from pg_attribute where attrelid = indrelid and attnum = any(indkey)) as columns
       from pg_index where indisunique and indrelid = any($1::regclass[])`,
      [TABLES],
    )
    const foreign = await service.query(
      `select conname from pg_constraint
       where contype = 'f' and (conrelid = any($1::regclass[]) or confrelid = any($1::regclass[]))`,
      [TABLES],
    )

    expect(keys.length).toBeGreaterThanOrEqual(TABLES.length)
    expect(keys.filter(({ table, columns }) => !columns.includes(BY_DATE[table] ?? ''))).toEqual([])
    expect(foreign).toEqual([])
  })
})

it('refuses a database without Citus in a sentence', async () => {
  await expect(distributeDatabase(service.url)).rejects.toThrow('DATABASE_URL names a database without Citus.')
})

describe('the statements of submits, a seal and a draw', () => {
  const sent: { readonly text: string; readonly values: unknown[] }[] = []
  const onDated = () => sent.filter(({ text }) => new RegExp(`"(${TABLES.join('|')})"`).test(text))

  beforeAll(async () => {
    const pool = createPool({ url: service.url, max: 2 })
    pool.on('connect', (client) => record(client, sent))
    const { lottery } = composed(pool)
    const users = await service.users(2)
    const commands = DAYS.flatMap((day) =>
      users.map((userId) => aSubmit({ userId, date: day, idempotencyKey: 'once' })),
    )
    for (let round = 0; round < 2; round += 1) await lottery.submitBallots.execute(commands)
    const ofSubmits = sent.length
    await service.clock.moveTo('2031-05-15T00:00:01Z')
    await lottery.closeLottery.execute(DAYS[0], CAUSE)
    expect(ofSubmits).toBeGreaterThan(10)
    await pool.end()
  })

  it('never set a date', () => {
    const updates = sent.filter(({ text }) => /^\s*update "lotteries"/i.test(text))

    expect(updates.length).toBeGreaterThanOrEqual(2)
    for (const { text } of updates) expect(text).not.toMatch(/set .*"date" = .*where/i)
  })

  it('name one date each', () => {
    const dates = ({ values }: { values: unknown[] }) => new Set(String(values).match(/\d{4}-\d\d-\d\d(?=,|}|$)/g)).size

    expect(onDated().length).toBeGreaterThan(8)
    expect(onDated().filter((statement) => dates(statement) !== 1)).toEqual([])
  })

  it('read no clock, which would be that of a worker', () => {
    expect(onDated().filter(({ text }) => /clock_timestamp|now\(\)/i.test(text))).toEqual([])
  })
})

/** Notes each statement that a connection sends. */
function record(client: { query: unknown }, sent: { text: string; values: unknown[] }[]): void {
  const query = (client.query as (...statement: unknown[]) => unknown).bind(client)
  client.query = (...statement: unknown[]) => {
    const [first, second] = statement
    const { text, values } = typeof first === 'string' ? { text: first, values: second } : (first as Sent)
    sent.push({ text, values: ((Array.isArray(second) ? second : values) as unknown[] | undefined) ?? [] })
    return query(...statement)
  }
}

interface Sent {
  readonly text: string
  readonly values?: unknown
}
