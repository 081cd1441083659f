import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BallotFileName, BallotFileRow } from '../../../src/archive/application/ballot-files.ts'
import { ParquetBallotFileWriter } from '../../../src/archive/infrastructure/parquet-ballot-file-writer.ts'
import { ballotsOf, filesOf, keyOf, manyBallots, pagesOf } from '../../support/ballot-files.ts'
import { duckdb } from '../../support/duckdb.ts'

const BALLOTS = [...ballotsOf('2026-01-05', [1, null, 2]), ...manyBallots('2026-01-07', 17_000)]
const PARTITIONS = { lottery_year: 'BIGINT', lottery_month: 'VARCHAR' }

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lottery-test-'))
  const files = filesOf(BALLOTS)
  await store('ballots', files.ballots)
  await store('ballots_by_id', files.ballots_by_id)
  await store('ballots_by_user', files.ballots_by_user)
  await store('ballots', [], 'lottery_year=2026/lottery_month=02')
})
afterAll(() => rm(folder, { recursive: true }))

async function store<Name extends BallotFileName>(name: Name, rows: BallotFileRow<Name>[], partition?: string) {
  const path = join(folder, partition ? `${name}/${partition}/${name}.parquet` : keyOf(name))
  await mkdir(dirname(path), { recursive: true })
  await new ParquetBallotFileWriter().write(name, pagesOf(rows), (file) => copyFile(file.path, path))
}

const tableOf = (name: BallotFileName) => `read_parquet('${folder}/${name}/*/*/*.parquet', hive_partitioning = true)`

async function columnsOf(name: BallotFileName) {
  const columns = await duckdb(`describe select * from ${tableOf(name)}`)
  return Object.fromEntries(columns.map((column) => [column['column_name'], column['column_type']]))
}

describe('DuckDB', () => {
  it('sees the types of all columns, and the year and month of the path', async () => {
    expect(await columnsOf('ballots')).toEqual({
      lottery_date: 'DATE',
      ordinal: 'BIGINT',
      id: 'UUID',
      user_id: 'UUID',
      user_salt: 'BLOB',
      user_commit: 'BLOB',
      submitted_at: 'TIMESTAMP WITH TIME ZONE',
      ...PARTITIONS,
    })
    expect(await columnsOf('ballots_by_id')).toEqual({
      lottery_date: 'DATE',
      id: 'UUID',
      ordinal: 'BIGINT',
      ...PARTITIONS,
    })
    expect(await columnsOf('ballots_by_user')).toEqual({
      user_id: 'UUID',
      lottery_date: 'DATE',
      ordinal: 'BIGINT',
      ...PARTITIONS,
    })
  })

  it('reads the values that were written', async () => {
    const rows = await duckdb(`
      select lottery_date::varchar as "lotteryDate", ordinal::integer as ordinal, id::varchar as id,
        user_id::varchar as "userId", hex(user_salt) as salt, hex(user_commit) as "userCommit",
        epoch_ms(submitted_at)::double as "submittedAt"
      from ${tableOf('ballots')} order by lottery_date, ordinal`)
    const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex').toUpperCase()
    expect(rows).toEqual(
      BALLOTS.map((ballot) => ({ ...ballot, salt: hex(ballot.salt), userCommit: hex(ballot.userCommit) })),
    )
  })

  it('counts the rows of a partition', async () => {
    const rows = await duckdb(`
      select lottery_year::integer as year, lottery_month as month, count(*)::integer as rows, count(user_id)::integer as named
      from ${tableOf('ballots')} group by all`)
    const named = BALLOTS.filter(({ userId }) => userId !== null).length
    expect(rows).toEqual([{ year: 2026, month: '01', rows: 17_003, named }])
  })

  it('finds a ballot by the index files', async () => {
    const [wanted] = BALLOTS.slice(12_345)
    const rows = await duckdb(`
      select ballot.id::varchar as id from ${tableOf('ballots_by_user')} by_user
      join ${tableOf('ballots')} ballot using (lottery_date, ordinal)
      join ${tableOf('ballots_by_id')} by_id using (lottery_date, ordinal)
      where by_user.user_id = '${wanted?.userId}' and by_id.id = '${wanted?.id}'`)
    expect(rows).toEqual([{ id: wanted?.id }])
  })

  it('knows the least and the greatest value of the columns that queries name', async () => {
    const rows = await duckdb(`
      select path_in_schema as name, stats_min_value as least, stats_max_value as greatest
      from parquet_metadata('${folder}/${keyOf('ballots_by_user')}') where stats_min_value is not null order by all`)
    const sorted = filesOf(BALLOTS).ballots_by_user
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(['lottery_date', 'ordinal', 'user_id']))
    expect(rows.find(({ name }) => name === 'user_id')?.['least']).toBe(sorted[0]?.userId)
  })
})
