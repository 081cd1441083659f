import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { grantToService } from '../../src/shared/infrastructure/migrations.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth } from '../support/archived-month.ts'
import { CAUSE, date } from '../support/builders.ts'
import { keysIn } from '../support/changed-objects.ts'

const ROLE = `lottery test ${randomBytes(4).toString('hex')}`
const OTHER = date('2031-09-03')

let month: ArchivedMonth

beforeAll(async () => {
  month = await openArchivedMonth()
})
afterAll(() => month.close())

/** Changes of the stored rows, how they are taken back, and what is said. */
const CHANGES: Readonly<Record<string, readonly [change: string, undo: string, finding: string]>> = {
  'a changed ballot': [
    `update ballots set submitted_at = submitted_at + interval '1 s' where lottery_date = '2031-05-16' and ordinal = 7`,
    `update ballots set submitted_at = submitted_at - interval '1 s' where lottery_date = '2031-05-16' and ordinal = 7`,
    'does not verify: 2031-05-16: ',
  ],
  'a changed subtree': [
    `update ledger_subtrees set hash = set_byte(hash, 5, get_byte(hash, 5) # 1)`,
    `update ledger_subtrees set hash = set_byte(hash, 5, get_byte(hash, 5) # 1)`,
    'does not verify: 2031-05-16: stored subtree 0 of level 8 ',
  ],
  'a missing ballot': [
    `create table aside as select * from ballots where lottery_date = '2031-05-31' and ordinal = 2;
     delete from ballots where lottery_date = '2031-05-31' and ordinal = 2`,
    `insert into ballots select * from aside; drop table aside`,
    'does not verify: 2031-05-31: ',
  ],
  'an event that is not published': [
    `update outbox set published_at = null where aggregate = 'lottery/2031-05-16' and type like 'lottery.sealed.%'`,
    `update outbox set published_at = clock_timestamp()`,
    'cannot be archived yet: an event of the lottery of 2031-05-16 is not in the audit log, or not published',
  ],
  'an event that is not in the audit log': [
    `create table aside as select id, audit_index from outbox where aggregate = 'lottery/2031-05-31';
     update outbox set audit_index = null where aggregate = 'lottery/2031-05-31'`,
    `update outbox set audit_index = aside.audit_index from aside where aside.id = outbox.id; drop table aside`,
    'cannot be archived yet: an event of the lottery of 2031-05-31 is not in the audit log, or not published',
  ],
}

describe('a month is not archived, and nothing is written, when the database holds', () => {
  it.each(Object.keys(CHANGES))('%s', async (what) => {
    const [change, undo, finding] = CHANGES[what] ?? []
    await asReplica(change ?? '')
    const [outcome] = await month.archive()
    await asReplica(undo ?? '')

    expect(outcome).toContain(finding)
    await expectNothingDone()
  })

  it('a lottery that is open, sealed, or whose events are in no log; or a month that is not over, or has no lotteries', async () => {
    const { lottery } = month.replica()
    await lottery.createLottery.execute(OTHER, CAUSE)
    const refusals = [await month.archive('2031-09'), await month.archive('2031-12'), await month.archive('2031-04')]
    await month.service.clock.moveTo('2031-10-02T00:00:01Z')
    refusals.push(await month.archive('2031-09'))
    await lottery.sealLottery.execute(OTHER, CAUSE)
    refusals.push(await month.archive('2031-09'))
    await lottery.closeLottery.execute(OTHER, CAUSE)
    refusals.push(await month.archive('2031-09'))

    const pending = `an event of the lottery of ${OTHER} is not in the audit log, or not published`
    const refused = (name: string, reasons: string) => [`the month ${name} cannot be archived yet: ${reasons}`]
    expect(refusals).toEqual([
      refused('2031-09', `it is not over; the lottery of ${OTHER} is open, not closed; ${pending}`),
      refused('2031-12', 'it is not over; it has no lotteries'),
      refused('2031-04', 'it has no lotteries'),
      refused('2031-09', `the lottery of ${OTHER} is open, not closed; ${pending}`),
      refused('2031-09', `the lottery of ${OTHER} is sealed, not closed; ${pending}`),
      refused('2031-09', pending),
    ])
    await expectNothingDone()
  })
})

it('a role that does not own the tables archives and restores nothing', async () => {
  await month.service.query(`create role "${ROLE}" login password 'secret'`)
  try {
    await grantToService(month.service.url, ROLE)
    const url = Object.assign(new URL(month.service.url), {
      username: encodeURIComponent(ROLE),
      password: 'secret',
    }).href
    const refusal = `The role ${ROLE} does not own the tables. Set ARCHIVE_DATABASE_URL to the database URL of the role that does.`
    const schema = `grant usage on schema test_clock to "${ROLE}"; grant select on test_clock.shift to "${ROLE}"`
    await month.service.query(schema)

    expect(await month.archive(MONTH, { databaseUrl: url })).toEqual([refusal])
    await expect(month.replica({ databaseUrl: url }).archive.restoreMonth.execute(MONTH)).rejects.toThrow(refusal)
    await expectNothingDone()
  } finally {
    await month.service.query(`drop owned by "${ROLE}"; drop role "${ROLE}"`)
  }
})

it('the month is archived once all is put right', async () => {
  expect(await month.archive(MONTH)).toEqual(['dropped'])
  expect(await month.findings()).toEqual([])
})

/** Runs statements that the triggers of the tables refuse. */
function asReplica(statements: string): Promise<unknown> {
  return month.service.query(`begin; set local session_replication_role = replica; ${statements}; commit`)
}

async function expectNothingDone(): Promise<void> {
  expect([await keysIn(month.folder), await month.state(), await month.tables()]).toEqual([
    [],
    undefined,
    ['ballots_2031_05', 'ledger_subtrees_2031_05'],
  ])
}
