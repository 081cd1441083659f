import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SequenceEvents } from '../../../src/audit-log/application/sequence-events.ts'
import { canonicalJson } from '../../../src/audit-log/infrastructure/canonical-json.ts'
import { DrizzleAuditLogRepository } from '../../../src/audit-log/infrastructure/drizzle-audit-log-repository.ts'
import type { TreeHead } from '../../../src/ledger/domain/growing-tree.ts'
import { headOfNote } from '../../../src/ledger/infrastructure/signed-note.ts'
import { isNamed } from '../../../src/lottery/domain/ballot.ts'
import { drawOrdinals, seedOf } from '../../../src/lottery/domain/draw.ts'
import { commitmentTo } from '../../../src/lottery/domain/entropy.ts'
import { closedData, createdData, sealedData } from '../../../src/lottery/domain/lottery-events.ts'
import { type SealRecord, sealFactsOf } from '../../../src/lottery/domain/lottery-state.ts'
import { sealHash } from '../../../src/lottery/domain/seal.ts'
import { DrizzleLotteryCheckQueries } from '../../../src/lottery/infrastructure/drizzle-lottery-check-queries.ts'
import { pooledDatabase } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { DAY, OPEN, openSoundDatabase, type SoundDatabase } from '../../support/sound-database.ts'
import { storedFindings } from '../../support/stored-findings.ts'

/** Manipulations by an owner of database and key who rewrites everything. Only what others hold shows them. */

let database: SoundDatabase
let kept: TreeHead

beforeAll(async () => {
  database = await openSoundDatabase()
  kept = headOfNote(await database.replica.auditLog.readAuditLog.checkpoint()) as TreeHead
})
afterAll(() => database.close())

beforeEach(() => database.pool.query('begin; set local session_replication_role = replica'))
afterEach(() => database.pool.query('rollback'))

describe('a kept checkpoint', () => {
  it('agrees with its own log, also after the log grew', async () => {
    expect(await storedFindings(database.pool, kept)).toEqual([])
    const [user] = database.users
    await database.pool.query(`
      insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
      values ('user/${user}', 2, gen_random_uuid(), 'user.banned.v1', '{"user_id": "${user}"}', 'service', now());
      update users set banned_at = occurred_at, last_seq = 2 from outbox
      where users.id = '${user}' and aggregate = 'user/${user}' and seq = 2`)
    await sequence()

    expect(await storedFindings(database.pool, kept)).toEqual([])
  })

  it('shows another time of a registration', async () => {
    const [user] = database.users
    await database.pool.query(`
      update users set created_at = created_at - interval '1 day' where id = '${user}';
      update outbox set occurred_at = occurred_at - interval '1 day' where aggregate = 'user/${user}'`)
    await rewriteLog()

    await onlyKeptShows('the kept checkpoint of 23 entries is one of other entries')
  })

  it('shows a lottery that was removed with all its traces', async () => {
    await database.pool.query(`
      delete from lotteries where date = '${OPEN}'; delete from ballots where lottery_date = '${OPEN}';
      delete from entropy_secrets where lottery_date = '${OPEN}';
      delete from outbox where aggregate = 'lottery/${OPEN}'`)
    await rewriteLog()

    await onlyKeptShows('the kept checkpoint of 23 entries covers 23 entries, but only 22 are stored')
  })

  it('shows a ban that was removed from the end of the log', async () => {
    const user = database.users[4]
    await database.pool.query(`
      update users set banned_at = null, last_seq = 1 where id = '${user}';
      delete from outbox where aggregate = 'user/${user}' and seq = 2`)
    await rewriteLog()

    await onlyKeptShows('the kept checkpoint of 23 entries covers 23 entries, but only 22 are stored')
  })

  it('shows a draw that was made again with other secrets, until a wanted ballot won', async () => {
    await drawAgain(7)
    await rewriteLog()

    await onlyKeptShows('the kept checkpoint of 23 entries is one of other entries')
  })
})

async function onlyKeptShows(finding: string): Promise<void> {
  expect(await storedFindings(database.pool)).toEqual([])
  expect(await storedFindings(database.pool, kept)).toEqual([finding])
}

/** Appends all recorded events to a new log, in the open transaction. */
async function rewriteLog(): Promise<void> {
  await database.pool.query('truncate audit_log, audit_subtrees, audit_head; update outbox set audit_index = null')
  await sequence()
}

async function sequence(): Promise<void> {
  const repos = { auditLog: new DrizzleAuditLogRepository(pooledDatabase(database.pool)) }
  await new SequenceEvents({ run: (work) => work(repos) }, canonicalJson).execute()
}

/** Rewrites the last closed lottery with a secret that lets the ballot at `wanted` win. */
async function drawAgain(wanted: number): Promise<void> {
  const queries = new DrizzleLotteryCheckQueries(pooledDatabase(database.pool))
  const stored = await queries.find(DAY)
  const { state, events } = stored as NonNullable<typeof stored>
  const seal = state.seal as SealRecord
  const excluded = (await queries.exclusions({ date: DAY, after: 0, limit: 10 })).map(({ ordinal }) => ordinal)
  for (let tries = 0; ; tries += 1) {
    const secret = Buffer.alloc(32, `try ${tries}`)
    const entropy = { kind: 'commit-reveal', commitment: commitmentTo(secret) } as const
    const facts = sealFactsOf({ ...state, entropy }, seal)
    const hash = sealHash(facts)
    if (drawOrdinals(seedOf(secret, hash), state.ledger.size, excluded)[0] !== wanted) continue

    const [winner] = (await queries.ballots(DAY, wanted, wanted)).filter(isNamed)
    const data = [
      createdData(DAY, entropy),
      sealedData(facts, hash, events[0]?.id ?? ''),
      closedData(DAY, hash, secret, winner),
    ]
    const { pool } = database
    for (const [n, value] of data.entries())
      await pool.query('update outbox set data = $1 where aggregate = $2 and seq = $3', [
        value,
        `lottery/${DAY}`,
        n + 1,
      ])
    await pool.query('update seals set hash = $1 where lottery_date = $2', [hash, DAY])
    await pool.query('update entropy_secrets set secret = $1 where lottery_date = $2', [secret, DAY])
    await pool.query(
      `update lotteries set entropy_source = $1, reveal = $2, winner_ordinal = $3, winner_ballot_id = $4 where date = $5`,
      [entropy.commitment, secret, wanted, winner?.id, DAY],
    )
    return
  }
}
