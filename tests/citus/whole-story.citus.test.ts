import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { PostgresMonthPartitions } from '../../src/archive/infrastructure/postgres-month-partitions.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { distributeDatabase } from '../../src/shared/infrastructure/distribution.ts'
import { grantToService } from '../../src/shared/infrastructure/migrations.ts'
import { CAUSE, date } from '../support/builders.ts'
import { createCitusDatabase } from '../support/citus.ts'
import { DAY, FIRST, OPEN, openSoundDatabase, SEALED, type SoundDatabase } from '../support/sound-database.ts'
import { storedFindings } from '../support/stored-findings.ts'
import { verdictOn } from '../support/verifying.ts'

const url = inject('citus')

describe.skipIf(url === undefined)('five lotteries on Citus', () => {
  let database: SoundDatabase
  beforeAll(async () => {
    database = await openSoundDatabase(() => createCitusDatabase(url ?? ''))
  })
  afterAll(() => database?.close())

  it('are stored without a difference, and verified', async () => {
    const app = await buildApp(database.replica, { maxEventLoopDelayMs: 0 })

    expect(await storedFindings(database.pool)).toEqual([])
    // 3: nothing failed, and no key of the ledger was given.
    for (const day of [FIRST, DAY]) expect(await verdictOn(app, day)).toEqual({ verdict: 3, failed: [] })
    const reads = [`/lotteries/${DAY}/ballots?limit=100`, '/lotteries', `/users/${database.users[0]}/ballots?limit=100`]
    for (const read of reads) expect([read, (await app.inject(read)).statusCode]).toEqual([read, 200])
    await app.close()
  })

  it('have the rows of a date on one node, with partitions of their months', async () => {
    const tables = await database.service.query<{ tables: number }>(
      `select count(*)::int as tables from pg_dist_partition where partmethod = 'h' and logicalrelid::text like '%_2031_05'`,
    )
    const homes = await database.service.query<{ nodes: number }>(
      `select count(distinct groupid)::int as nodes from unnest(array['lotteries', 'ballots', 'ballots_2031_05', 'ledger_subtrees',
         'exclusions', 'entropy_secrets']::regclass[]) as stored (relation)
       join pg_dist_placement on shardid = get_shard_id_for_distribution_column(relation, $1::date)`,
      [DAY],
    )

    expect(tables).toEqual([{ tables: 2 }])
    expect(homes).toEqual([{ nodes: 1 }])
  })

  it.each([
    ['ballots never change and are never deleted', `delete from ballots where lottery_date = '${DAY}'`],
    [
      'takes no ballots any more',
      `insert into ballots select lottery_date, 999, gen_random_uuid(), user_id, user_salt,
       submitted_at, user_commit from ballots where lottery_date = '${SEALED}' and ordinal = 1`,
    ],
    ['its status never goes back', `update lotteries set status = 'open' where date = '${SEALED}'`],
    ['lotteries are never deleted', `delete from lotteries where date = '${OPEN}'`],
    [
      'keeps its user',
      `update ballots set user_id = null, user_salt = null, user_commit = sha256('LSU1'::bytea || user_salt ||
       uuid_send(user_id)) where lottery_date = '${OPEN}' and ordinal = 1`,
    ],
  ])('are guarded on the workers: %s', async (sentence, statement) => {
    await expect(database.service.query(statement)).rejects.toThrow(sentence)
  })

  it('are committed in two phases with their events', async () => {
    const prepared = 'select count(*)::int as prepared from pg_dist_transaction'
    await database.service.query('select recover_prepared_transactions()') // forgets those that are done
    const before = await database.service.query<{ prepared: number }>(prepared)

    await database.replica.lottery.createLottery.execute(date('2031-05-30'), CAUSE)

    const after = await database.service.query<{ prepared: number }>(prepared)
    expect(after[0]?.prepared).toBeGreaterThan(before[0]?.prepared ?? 0)
  })

  it('forget a user', async () => {
    const [, ada] = database.users
    await database.replica.user.forgetUser.execute(ada as UserId, CAUSE)
    await database.replica.auditLog.sequenceNow()

    expect(await storedFindings(database.pool)).toEqual([])
  })

  it('are distributed once', async () => {
    expect(await distributeDatabase(database.service.url)).toEqual([])
  })

  it('give a role of the service its rights', async () => {
    await grantToService(database.service.url, 'pg_monitor') // a role of every server; its rights go with the database

    const rights = `select has_table_privilege('pg_monitor', 'ballots_2031_05', 'select') as partition,
      has_table_privilege('pg_monitor', 'ballots', 'update') as forgets, has_table_privilege('pg_monitor', 'ballots', 'delete') as deletes`
    expect(await database.service.query(rights)).toEqual([{ partition: false, forgets: true, deletes: false }])
  })

  it('are refused by the archiver, in a sentence', async () => {
    const client = new pg.Client({ connectionString: database.service.url })
    await client.connect()

    await expect(new PostgresMonthPartitions(client).requireOwner()).rejects.toThrow('Months cannot be archived here')
    await client.end()
  })
})
