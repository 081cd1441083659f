import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { composeChecks } from '../../../src/composition.ts'
import type { CheckReport } from '../../../src/lottery/application/check-stored-lotteries.ts'
import type { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { drawOrdinals, seedOf } from '../../../src/lottery/domain/draw.ts'
import { LedgerBroken } from '../../../src/lottery/domain/errors.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, CAUSE, date } from '../../support/builders.ts'
import { PostgresService, type Replica } from '../../support/postgres-service.ts'

const DAYS = ['2031-05-13', '2031-05-14', '2031-05-15', '2031-05-16'].map(date) as [
  CalendarDate,
  CalendarDate,
  CalendarDate,
  CalendarDate,
]
const [FIRST, DAY, EMPTY, OPEN] = DAYS
const BALLOTS = 300
const ID = '0190f5fe-7c00-7a00-8000-000000000001'

let service: PostgresService
let replica: Replica
let users: UserId[]

beforeEach(async () => {
  service = await PostgresService.open('2031-05-13T12:00:00Z')
  replica = await service.replica(4)
  users = await service.users(3)
})

afterEach(() => service.stop())

describe('the check of sound lotteries', () => {
  it('finds nothing, whether they are open, sealed, closed or empty', async () => {
    await closedLotteries()
    await sealOnly(OPEN)
    await service.clock.moveTo('2031-05-17T12:00:00Z')
    await submit(date('2031-05-17'), BALLOTS)

    const reports = await check()

    expect(reports.map(({ subject }) => subject)).toEqual([
      '2031-05-17, 300 ballots',
      '2031-05-16, 300 ballots',
      '2031-05-15, 0 ballots',
      '2031-05-14, 300 ballots',
      '2031-05-13, 2 ballots',
      'chain of 4 seals',
    ])
    expect(reports.flatMap(({ findings }) => findings)).toEqual([])
  })
})

describe('the check of a closed lottery finds', () => {
  const flipped = (column: string, at: number) =>
    `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`
  const ballot = (change: string, ordinal = 77) =>
    `update ballots set ${change} where lottery_date = '${DAY}' and ordinal = ${ordinal}`
  const row = (change: string) => `update lotteries set ${change} where date = '${DAY}'`
  const insertAt = (ordinal: number) => `
    insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
    select lottery_date, ${ordinal}, gen_random_uuid(), user_id, user_salt, submitted_at
    from ballots where lottery_date = '${DAY}' and ordinal = 1`

  const CHANGES: Readonly<Record<string, string>> = {
    'a flipped bit in a salt': ballot(flipped('user_salt', 15)),
    'another ballot id': ballot(`id = '${ID}'`),
    'another user': ballot(`user_id = '${ID}'`),
    'a time of submission one millisecond later': ballot(`submitted_at = submitted_at + interval '1 millisecond'`),
    'a flipped bit in the first ballot': ballot(flipped('user_salt', 0), 1),
    'a flipped bit in the last ballot': ballot(flipped('user_salt', 0), BALLOTS),
    'two swapped ballots': `
      update ballots set ordinal = 1000 where lottery_date = '${DAY}' and ordinal = 290;
      ${ballot('ordinal = 290', 291)};
      ${ballot('ordinal = 291', 1000)}`,
    'a missing ballot': `delete from ballots where lottery_date = '${DAY}' and ordinal = 77`,
    'a missing last ballot': `delete from ballots where lottery_date = '${DAY}' and ordinal = ${BALLOTS}`,
    'a surplus ballot': insertAt(BALLOTS + 1),
    'a surplus ballot after a gap': insertAt(BALLOTS + 7),
    'a ballot before the first': insertAt(0),
    'a count one too low': row('ballot_count = ballot_count - 1'),
    'a count one too high': row('ballot_count = ballot_count + 1'),
    'another count with as many bits set': row('ballot_count = 308'),
    'a flipped bit in the compact range': row(flipped('ledger_range', 40)),
    'a compact range that is too short': row('ledger_range = substr(ledger_range, 1, 96)'),
    'a missing exclusion': row('excluded = excluded[2:]'),
    'a surplus exclusion': row('excluded = excluded || 300::bigint'),
    'a flipped bit in the commitment': row(flipped('entropy_source', 3)),
    'another kind of entropy': row(`entropy_kind = 'drand'`),
    'a flipped bit in the seal hash': row(flipped('seal_hash', 31)),
    'a flipped bit in the previous seal hash': row(flipped('previous_seal_hash', 0)),
    'another seal number': row('seal_number = 7'),
    'a seal before the end of the day': row(`sealed_at = sealed_at - interval '2 days'`),
    'a flipped bit in the secret': row(flipped('reveal', 8)),
    'another winning ordinal': row('winner_ordinal = winner_ordinal % 300 + 1'),
    'another winning ballot': row(`winner_ballot_id = '${ID}'`),
    'a missing winner': row('winner_ordinal = null, winner_ballot_id = null'),
    'a flipped bit in a stored subtree': `update ledger_subtrees set ${flipped('hash', 17)} where lottery_date = '${DAY}'`,
    'a missing stored subtree': `delete from ledger_subtrees where lottery_date = '${DAY}'`,
    'a missing seal in the middle of the chain': `delete from lotteries where date = '${DAY}'`,
  }

  it.each(Object.keys(CHANGES))('%s', async (name) => {
    await closedLotteries()
    expect(findingsIn(await check())).toEqual([])

    await service.query(CHANGES[name] as string)

    expect(findingsIn(await check())).not.toEqual([])
  })
})

describe('the check of an open lottery finds', () => {
  it.each([
    'update ballots set user_salt = set_byte(user_salt, 2, get_byte(user_salt, 2) # 128) where ordinal = 299',
    'update lotteries set ballot_count = ballot_count + 8',
    'update lotteries set ledger_range = set_byte(ledger_range, 127, get_byte(ledger_range, 127) # 1)',
    'delete from ballots where ordinal = 300',
    'update ledger_subtrees set hash = set_byte(hash, 0, get_byte(hash, 0) # 1)',
  ])('%s', async (change) => {
    await submit(FIRST, BALLOTS)
    expect(findingsIn(await check())).toEqual([])

    await service.query(change)

    expect(findingsIn(await check())).not.toEqual([])
  })
})

describe('the draw is refused and the lottery stays sealed when, after the seal,', () => {
  const winner = (secret: Uint8Array, sealHash: Uint8Array) => drawOrdinals(seedOf(secret, sealHash), BALLOTS, [])[0]

  const CHANGES: Readonly<Record<string, (winning: number) => string>> = {
    'the count was changed': () => 'update lotteries set ballot_count = 308',
    'the count no longer fits the compact range': () => 'update lotteries set ballot_count = 299',
    'the compact range was changed': () =>
      'update lotteries set ledger_range = set_byte(ledger_range, 9, get_byte(ledger_range, 9) # 1)',
    'a ballot was excluded': () => 'update lotteries set excluded = array[5]::bigint[]',
    'the previous seal was changed': () =>
      'update lotteries set previous_seal_hash = set_byte(previous_seal_hash, 9, 1)',
    'the seal hash was changed': () =>
      'update lotteries set seal_hash = set_byte(seal_hash, 9, get_byte(seal_hash, 9) # 1)',
    'the secret was changed': () => 'update entropy_secrets set secret = set_byte(secret, 9, get_byte(secret, 9) # 1)',
    'the secret was lost': () => 'delete from entropy_secrets',
    'the secret and the commitment were changed': () =>
      `update entropy_secrets set secret = sha256('mine');
       update lotteries set entropy_source = sha256('LSC1'::bytea || sha256('mine'))`,
    "the winning ballot's user was changed": (winning) =>
      `update ballots set user_id = '${ID}' where ordinal = ${winning}`,
    "the winning ballot's id was changed": (winning) => `update ballots set id = '${ID}' where ordinal = ${winning}`,
    'the winning ballot was deleted': (winning) => `delete from ballots where ordinal = ${winning}`,
    'the last ballot was changed': () => `update ballots set user_id = '${ID}' where ordinal = ${BALLOTS}`,
    'the last ballot was deleted': () => `delete from ballots where ordinal = ${BALLOTS}`,
    'a ballot was added': () => `
      insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
      select lottery_date, ${BALLOTS + 1}, '${ID}', user_id, user_salt, submitted_at from ballots where ordinal = 1`,
    'a ballot was added after a gap': () => `
      insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
      select lottery_date, ${BALLOTS + 9}, '${ID}', user_id, user_salt, submitted_at from ballots where ordinal = 1`,
    'a stored subtree was changed': () => 'update ledger_subtrees set hash = set_byte(hash, 0, get_byte(hash, 0) # 1)',
    'a stored subtree was deleted': () => 'delete from ledger_subtrees',
  }

  it.each(Object.keys(CHANGES))('%s', async (name) => {
    await submit(FIRST, BALLOTS)
    await sealOnly(FIRST)
    const [{ secret, hash } = { secret: randomBytes(0), hash: randomBytes(0) }] = await service.query<{
      secret: Buffer
      hash: Buffer
    }>('select secret, seal_hash as hash from entropy_secrets join lotteries on date = lottery_date')
    await service.query((CHANGES[name] as (winning: number) => string)(winner(secret, hash) ?? 0))

    const refused = await replica.lottery.closeLottery.execute(FIRST, CAUSE).catch((error: unknown) => error)
    await replica.lottery.closingSchedule.wake()

    expect(await service.query('select status, reveal, winner_ordinal from lotteries')).toEqual([
      { status: 'sealed', reveal: null, winner_ordinal: null },
    ])
    expect(refused).toBeInstanceOf(LedgerBroken)
    expect(service.log.filter(({ msg }) => msg === 'could not close the lottery')).toHaveLength(1)
  })
})

/** Closes three lotteries in a row: one with two ballots, one with 300 (two of them excluded), one with none. */
async function closedLotteries(): Promise<void> {
  await submit(FIRST, 2)
  await submit(DAY, BALLOTS, 2)
  await replica.lottery.createLottery.execute(EMPTY, CAUSE)
  await service.query('update users set banned_at = clock_timestamp() where id = $1', [users[2]])
  await service.clock.moveTo('2031-05-16T00:00:01Z')
  await replica.lottery.closingSchedule.wake()
}

/** Seals a lottery without drawing it, as a service does that dies between the two steps. */
async function sealOnly(day: CalendarDate): Promise<void> {
  if (day === OPEN) await submit(day, BALLOTS)
  await service.clock.moveTo(`${day.slice(0, 8)}${Number(day.slice(8)) + 1}T00:00:01Z`)
  await replica.lottery.sealLottery.execute(day, CAUSE)
}

/** Submits `count` ballots. The first `ofThird` are of the third user, the others of the first two users in turn. */
async function submit(day: CalendarDate, count: number, ofThird = 0): Promise<void> {
  const commands = Array.from({ length: count }, (_, n) =>
    aSubmit({ userId: users[n < ofThird ? 2 : n % 2] as UserId, date: day }),
  )
  for (const outcome of await replica.lottery.submitBallots.execute(commands)) accepted(outcome)
}

async function check(): Promise<CheckReport[]> {
  const reports: CheckReport[] = []
  for await (const report of composeChecks(replica.pool).checkStoredLotteries.execute()) reports.push(report)
  return reports
}

function findingsIn(reports: readonly CheckReport[]): string[] {
  return reports.flatMap(({ findings }) => findings)
}
