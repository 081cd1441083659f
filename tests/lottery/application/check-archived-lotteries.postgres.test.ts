import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { postgresStorage } from '../../../src/composition/storage.ts'
import type { CheckReport, OnProgress } from '../../../src/lottery/application/check-stored-lotteries.ts'
import { composeLotteryCheck } from '../../../src/lottery/compose.ts'
import { DrizzleLotteryCheckQueries } from '../../../src/lottery/infrastructure/drizzle-lottery-check-queries.ts'
import { postgresOf } from '../../../src/shared/infrastructure/postgres.ts'
import { DrizzleUserCheckQueries } from '../../../src/user/infrastructure/drizzle-user-check-queries.ts'
import { CopiedBallots } from '../../support/copied-ballots.ts'
import { DAY, EMPTY, FIRST, openSoundDatabase, type SoundDatabase } from '../../support/sound-database.ts'
import { storedFindings } from '../../support/stored-findings.ts'

const MONTH = '2031-05'
const OTHER_DATE = '2031-06-01'
const ID = '0190f5fe-7c00-7a00-8000-000000000001'

let database: SoundDatabase
let archive: CopiedBallots

beforeAll(async () => {
  database = await openSoundDatabase()
  for (const day of [FIRST, EMPTY, DAY]) await database.replica.lottery.keepEvidence.execute(day)
  archive = new CopiedBallots()
  archive.months.add(MONTH)
  for (const day of [FIRST, DAY]) {
    archive.copies.set(day, await database.replica.lotteryQueries.ballots({ date: day, after: 0, limit: 999 }))
  }
})
afterAll(() => database.close())

// Each manipulation runs as by the owner of the database, who takes away what refuses it, and is rolled back.
beforeEach(async () => {
  await database.pool.query('begin; set local session_replication_role = replica; drop index outbox_once_a_lottery')
})
afterEach(() => database.pool.query('rollback'))

const leave = (state: string) => `
  alter table ballots detach partition ballots_2031_05;
  alter table ledger_subtrees detach partition ledger_subtrees_2031_05;
  insert into archives (month, state, manifest, manifest_hash, started_at)
  values ('${MONTH}', '${state}', '{}', 'x', now())`
const archivedEvent = (month: string) => `
  insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
  values ('archive/${month}', 1, gen_random_uuid(), 'lottery.archived.v1', '{}', 'service', now())`
const flipped = (column: string, at: number) => `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`
const winner = (change: string) =>
  `update kept_ballots set ${change} where lottery_date = '${DAY}' and proof is not null`
const excluded = (change: string, ordinal = 2) =>
  `update kept_ballots set ${change} where lottery_date = '${DAY}' and ordinal = ${ordinal}`
const keep = (day: string, ordinal: number) => `
  insert into kept_ballots select '${day}', ${ordinal}, id, user_id, user_salt, submitted_at
  from kept_ballots where lottery_date = '${DAY}' and ordinal = 1`

const PROOF = /^the kept winner, ballot \d+, and its kept proof do not lead to the sealed root$/

/** Each manipulation of an archived month, and a sentence of the check that shows it. */
const MANIPULATIONS: Readonly<Record<string, readonly [sql: () => string, finding: string | RegExp]>> = {
  'a flipped bit in the salt of the kept winner': [() => winner(flipped('user_salt', 3)), PROOF],
  'another user of the kept winner': [() => winner(`user_id = '${ID}'`), PROOF],
  'another time of the kept winner': [() => winner(`submitted_at = submitted_at + interval '1 second'`), PROOF],
  'a flipped bit in the kept proof': [() => winner(flipped('proof', 40)), PROOF],
  'a kept proof that is too short': [() => winner('proof = substr(proof, 1, 32)'), PROOF],
  'a missing proof': [() => winner('proof = null'), /^no proof is kept of the winner, ballot \d+$/],
  'another id of the kept winner': [() => winner(`id = '${ID}'`), /^the kept ballot \d+ is not the winner$/],
  'another user of the kept winner, by the closed event': [
    () => winner(`user_id = '${ID}'`),
    /^winners of the closed event is .*, the rows say /,
  ],
  'a missing kept winner': [
    () => `delete from kept_ballots where lottery_date = '${DAY}' and proof is not null`,
    /^ballot \d+ is not kept, although the evidence names it$/,
  ],
  'a missing kept excluded ballot': [
    () => `delete from kept_ballots where lottery_date = '${DAY}' and ordinal = 2`,
    'ballot 2 is not kept, although the evidence names it',
  ],
  'a proof of an excluded ballot': [() => excluded(`proof = 'x'`), 'a proof is kept of ballot 2, which did not win'],
  'another user of a kept excluded ballot': [
    () => excluded(`user_id = '${ID}'`),
    'ballot 2 is excluded, although its user was not banned at the seal',
  ],
  'a kept ballot too many': [() => keep(FIRST, 90), 'ballot 90 is kept, although the evidence does not name it'],
  'a kept ballot of a banned user too many': [
    () => keep(DAY, 301),
    /^ballot 301 is not excluded, although event .* had banned its user at the seal$/,
  ],
  'kept ballots of no lottery': [
    () => keep(OTHER_DATE, 1),
    `kept ballots are stored for ${OTHER_DATE}, which has no lottery`,
  ],
  'another winner': [
    () => `update lotteries set winner_ordinal = winner_ordinal % 300 + 1 where date = '${DAY}'`,
    /^the draw gives ordinal \d+, stored is \d+$/,
  ],
  'a missing exclusion': [
    () => `delete from exclusions where ordinal = 2`,
    'ballot 2 is kept, although the evidence does not name it',
  ],
  'an archived event of a month that is not archived': [
    () => archivedEvent('2031-04'),
    'events are stored for 2031-04, which has no lottery',
  ],
  'an archived event of a lottery': [
    () => `${archivedEvent('2031-05')}; update outbox set aggregate = 'lottery/${DAY}', seq = 4
           where type = 'lottery.archived.v1'; update lotteries set last_seq = 4 where date = '${DAY}'`,
    'event 4, lottery.archived.v1, is stored, although the row does not say so',
  ],
}

// A month is detached while it is still said to be verified.
describe.each(['verified', 'detached', 'dropped'])('the check of a month that is %s', (state) => {
  beforeEach(() => database.pool.query(leave(state)))

  it('finds nothing, and says where the ballots are', async () => {
    await database.pool.query(archivedEvent(MONTH))

    expect(await reports()).toEqual([
      { subject: '2031-05-17, 10 ballots, in the archive', findings: [] },
      { subject: '2031-05-16, 300 ballots, in the archive', findings: [] },
      { subject: '2031-05-15, 0 ballots, in the archive', findings: [] },
      { subject: '2031-05-14, 20 ballots, in the archive', findings: [] },
      { subject: '2031-05-13, 2 ballots, in the archive', findings: [] },
      { subject: 'chain of 4 seals', findings: [] },
      { subject: 'no rows without a lottery', findings: [] },
    ])
  })
})

describe('the check of an archived month finds', () => {
  beforeEach(() => database.pool.query(leave('detached')))

  it.each(Object.entries(MANIPULATIONS))('%s', async (_name, [sql, finding]) => {
    await database.pool.query(sql())

    const findings = await lotteryFindings()

    expect(findings).toContainEqual(typeof finding === 'string' ? finding : expect.stringMatching(finding))
  })

  it('a flipped bit in the salt of a kept excluded ballot, with the archive at hand', async () => {
    await database.pool.query(excluded(flipped('user_salt', 3)))

    expect(await lotteryFindings()).toEqual([])
    expect(await lotteryFindings(archive)).toEqual(['the kept ballot 2 is not that of the ledger'])
  })

  it('an archive with another ballot', async () => {
    const changed = new CopiedBallots()
    changed.months.add(MONTH)
    const ballots = archive.copies.get(DAY) ?? []
    changed.copies.set(DAY, ballots.with(76, { ...ballots[76], submittedAt: 0 } as (typeof ballots)[0]))

    expect(await lotteryFindings(archive)).toEqual([])
    expect(await lotteryFindings(changed)).toEqual([`the ledger's entries do not lead to the sealed root`])
  })
})

describe('the check finds', () => {
  it.each([
    ['verified', 'drop table ballots_2031_05'],
    ['restored', ''],
  ])('missing ballots of a month that is %s', async (state, more) => {
    await database.pool.query(`${leave(state)}; ${more}`)

    expect(await lotteryFindings()).toContain('300 ballots are counted, 0 are stored')
  })

  it('missing ballots of a month without an archive', async () => {
    await database.pool.query(`${leave('dropped')}; delete from archives`)

    expect(await lotteryFindings()).toContain('300 ballots are counted, 0 are stored')
  })

  it('ballots and subtrees of a month that was dropped', async () => {
    await database.pool.query(`
      insert into archives (month, state, manifest, manifest_hash, started_at)
      values ('${MONTH}', 'dropped', '{}', 'x', now())`)

    expect(await lotteryFindings()).toEqual([
      'ballot 1 is stored, although its month was dropped',
      'ballot 1 is stored, although its month was dropped',
      '1 subtrees are stored, although their month was dropped',
      'ballot 1 is stored, although its month was dropped',
      'ballot 1 is stored, although its month was dropped',
    ])
  })

  it('a changed kept ballot while all ballots are still stored', async () => {
    await database.pool.query(excluded(flipped('user_salt', 3)))

    expect(await storedFindings(database.pool)).toEqual(['the kept ballot 2 is not that of the ledger'])
  })

  it('nothing when only a part is kept, and all ballots are stored', async () => {
    await database.pool.query('delete from kept_ballots where ordinal = 2')

    expect(await storedFindings(database.pool)).toEqual([])
  })

  it('nothing when the ballots leave while they are checked', async () => {
    let leaving: Promise<unknown> | undefined
    const found = await reports(undefined, ({ date }) => {
      // The only connection runs it before the next read of the check.
      if (date === DAY) leaving ??= database.pool.query(leave('detached'))
    })

    await leaving
    expect(found.flatMap(({ findings }) => findings)).toEqual([])
    expect(found.map(({ subject }) => subject)).toContain('2031-05-16, 300 ballots, in the archive')
  })
})

/** All reports about lotteries. */
async function reports(from?: CopiedBallots, onProgress?: OnProgress): Promise<CheckReport[]> {
  const postgres = postgresOf(database.pool)
  const users = new DrizzleUserCheckQueries(postgres.db)
  const check = composeLotteryCheck(
    postgresStorage(postgres).lottery,
    new DrizzleLotteryCheckQueries(postgres.db),
    { inForce: (page) => users.bansInForce(page) },
    from,
  )
  const found: CheckReport[] = []
  for await (const report of check.execute(undefined, onProgress)) found.push(report)
  return found
}

async function lotteryFindings(from?: CopiedBallots): Promise<string[]> {
  return (await reports(from)).flatMap(({ findings }) => [...findings])
}
