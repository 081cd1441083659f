import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { drawOrdinals, seedOf } from '../../../src/lottery/domain/draw.ts'
import { LedgerBroken } from '../../../src/lottery/domain/errors.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, CAUSE, date } from '../../support/builders.ts'
import { PostgresService, type Replica } from '../../support/postgres-service.ts'

const BALLOTS = 300
const ID = '0190f5fe-7c00-7a00-8000-000000000001'

const flipped = (column: string, at: number) => `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`
const row = (change: string) => (day: string) => `update lotteries set ${change} where date = '${day}'`
const ofDate = (sql: string) => (day: string) => `${sql} where lottery_date = '${day}'`
const ballot = (sql: string) => (day: string, winning: number) =>
  `${sql} where lottery_date = '${day}' and ordinal = ${winning}`
const inserted = (ordinal: number) => (day: string) =>
  `
  insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
  select lottery_date, ${ordinal}, '${ID}', user_id, user_salt, submitted_at
  from ballots where lottery_date = '${day}' and ordinal = 1`

/** Each manipulation of a sealed lottery. The owner of the database makes it, who takes away what refuses it. */
const CHANGES: Readonly<Record<string, (day: string, winning: number) => string>> = {
  'the count was changed': row('ballot_count = 308'),
  'the count no longer fits the compact range': row('ballot_count = 299'),
  'the compact range was changed': row(flipped('ledger_range', 9)),
  'a ballot was excluded': (day) => `insert into exclusions values ('${day}', 5, '${ID}')`,
  'the number of exclusions was changed': ofDate('update seals set excluded_count = 1'),
  'the previous seal was changed': ofDate(`update seals set ${flipped('previous_hash', 9)}`),
  'the seal hash was changed': ofDate(`update seals set ${flipped('hash', 9)}`),
  'the time of the seal was changed': ofDate(`update seals set sealed_at = sealed_at + interval '1 millisecond'`),
  'the secret was changed': ofDate(`update entropy_secrets set ${flipped('secret', 9)}`),
  'the secret was lost': ofDate('delete from entropy_secrets'),
  'the secret and the commitment were changed': (day) => `
    update entropy_secrets set secret = sha256('mine') where lottery_date = '${day}';
    update lotteries set entropy_source = sha256('LSC1'::bytea || sha256('mine')) where date = '${day}'`,
  "the winning ballot's user was changed": ballot(`update ballots set user_id = '${ID}'`),
  "the winning ballot's id was changed": ballot(`update ballots set id = '${ID}'`),
  'the winning ballot was deleted': ballot('delete from ballots'),
  'the last ballot was changed': (day) => ballot(`update ballots set user_id = '${ID}'`)(day, BALLOTS),
  'the last ballot was deleted': (day) => ballot('delete from ballots')(day, BALLOTS),
  'a ballot was added': inserted(BALLOTS + 1),
  'a ballot was added after a gap': inserted(BALLOTS + 9),
  'a stored subtree was changed': ofDate(`update ledger_subtrees set ${flipped('hash', 0)}`),
  'a stored subtree was deleted': ofDate('delete from ledger_subtrees'),
}
const CASES = Object.keys(CHANGES).map((name, n) => ({ name, day: CalendarDate.addDays(date('2031-05-13'), n) }))

let service: PostgresService
let replica: Replica

beforeAll(async () => {
  service = await PostgresService.open('2031-05-13T12:00:00Z')
  replica = await service.replica(4)
  const users = await service.users(2)
  for (const { day } of CASES) {
    const commands = Array.from({ length: BALLOTS }, (_, n) => aSubmit({ userId: users[n % 2] as UserId, date: day }))
    for (const outcome of await replica.lottery.submitBallots.execute(commands)) accepted(outcome)
  }
  await service.clock.moveTo('2031-07-01T00:00:01Z')
  for (const { name, day } of CASES) {
    await replica.lottery.sealLottery.execute(day, CAUSE)
    const [{ secret, hash } = { secret: Buffer.alloc(32), hash: Buffer.alloc(32) }] = await service.query<{
      secret: Buffer
      hash: Buffer
    }>('select secret, hash from entropy_secrets join seals using (lottery_date) where lottery_date = $1', [day])
    const [winning = 0] = drawOrdinals(seedOf(secret, hash), BALLOTS, [])
    await service.query(`set session_replication_role = replica; ${CHANGES[name]?.(day, winning)}`)
  }
  await replica.lottery.closingSchedule.wake()
})

afterAll(() => service.stop())

describe('the draw is refused and the lottery stays sealed when, after the seal,', () => {
  it.each(CASES)('$name', async ({ day }) => {
    const refused = await replica.lottery.closeLottery.execute(day, CAUSE).catch((error: unknown) => error)

    const sql = 'select status, reveal, winner_ordinal from lotteries where date = $1'
    expect(await service.query(sql, [day])).toEqual([{ status: 'sealed', reveal: null, winner_ordinal: null }])
    expect(refused).toBeInstanceOf(LedgerBroken)
    const lines = service.log.filter(({ msg, date }) => msg === 'could not close the lottery' && date === day)
    expect(lines).toHaveLength(1)
  })
})
