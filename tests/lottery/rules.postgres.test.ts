import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { LotteryNotFound, LotteryNotOver, LotteryWithoutWinner } from '../../src/lottery/domain/errors.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, CAUSE, date, summary, userId, verdict } from '../support/builders.ts'
import { countTo, PostgresService, type Replica, submit } from '../support/postgres-service.ts'

const DAY = date('2031-05-14')
const NEXT_DAY = date('2031-05-15')
const NOON = '2031-05-14T12:00:00Z'
const MIDNIGHT = '2031-05-15T00:00:00Z'

let service: PostgresService
let replica: Replica
let ada: UserId
let bob: UserId

beforeEach(async () => {
  service = await PostgresService.open(NOON)
  replica = await service.replica(4)
  ;[ada, bob] = (await service.users(2)) as [UserId, UserId]
})

afterEach(() => service.stop())

describe('rule 1: a ballot needs a known user who is not banned', () => {
  it('stores nothing for unknown and banned users', async () => {
    await replica.user.banUser.ban(bob, CAUSE)

    expect(await submitBy(userId(99), bob)).toEqual(['user_not_found', 'user_banned'])
    expect(await service.query('select from lotteries')).toEqual([])
  })
})

describe('rule 2: a lottery accepts ballots until its day is over', () => {
  it.each([
    ['in the last millisecond', '2031-05-14T23:59:59.999Z'],
    ['within it, where rounding to milliseconds would give midnight', '2031-05-14T23:59:59.999600Z'],
    ['in the last microsecond', '2031-05-14T23:59:59.999999Z'],
  ])('accepts a ballot %s', async (_, at) => {
    await stopClock(at)

    const explicit = await submit(replica, aSubmit({ userId: ada, date: DAY }))
    const today = await submit(replica, aSubmit({ userId: ada, date: undefined }))

    const last = Date.parse('2031-05-14T23:59:59.999Z')
    expect(accepted(explicit)).toMatchObject({ lotteryDate: DAY, ordinal: 1, submittedAt: last })
    expect(accepted(today)).toMatchObject({ lotteryDate: DAY, ordinal: 2, submittedAt: last })
    expect(await replica.lotteryQueries.due()).toEqual({ dates: [], untilMidnightMs: 1 })
    await expect(replica.lottery.closeLottery.execute(DAY, CAUSE)).rejects.toThrow(LotteryNotOver)
    expect(summary(await replica.lottery.findLottery.execute(DAY))).toMatchObject({ createdAt: last })
  })

  it('refuses a ballot at midnight', async () => {
    await submitBy(ada)
    await stopClock(MIDNIGHT)

    expect(await submitBy(ada)).toEqual(['lottery_closed'])
    expect(accepted(await submit(replica, aSubmit({ userId: ada, date: undefined }))).lotteryDate).toBe(NEXT_DAY)
    expect((await replica.lotteryQueries.due()).dates).toEqual([DAY])
    expect(summary(await replica.lottery.closeLottery.execute(DAY, CAUSE))).toMatchObject({
      sealedAt: Date.parse(MIDNIGHT),
    })
  })

  it('refuses past days and days more than 366 days ahead', async () => {
    const dates = ['2031-05-13', '2032-05-14', '2032-05-15'].map(date)

    const verdicts = await Promise.all(
      dates.map(async (day) => verdict(await submit(replica, aSubmit({ userId: ada, date: day })))),
    )

    expect(verdicts).toEqual(['lottery_date_past', 'accepted', 'lottery_date_too_far'])
  })
})

describe('rule 3: the deciding clock is read after the lock is acquired', () => {
  it('dates a ballot that waited for the lock at the end of its wait', async () => {
    await submitBy(ada)
    const release = await service.holdLottery(DAY)

    const waiting = submit(replica, aSubmit({ userId: ada, date: DAY }))
    await service.waitingForLocks(1)
    await service.clock.moveTo('2031-05-14T18:00:00Z')
    await release()

    expect(accepted(await waiting).submittedAt).toBeGreaterThanOrEqual(Date.parse('2031-05-14T18:00:00Z'))
  })
})

describe('rule 5: a lottery is closed at most once', () => {
  it('refuses an unknown date', async () => {
    await expect(replica.lottery.closeLottery.execute(DAY, CAUSE)).rejects.toThrow(LotteryNotFound)
  })

  it.each([
    { step: 'sealed', before: 'open', events: ['lottery.created.v1'] },
    { step: 'closed', before: 'sealed', events: ['lottery.created.v1', 'lottery.sealed.v1'] },
  ])('stores the result and its events together or not at all: $step', async ({ step, before, events }) => {
    await submitBy(ada)
    await service.clock.moveTo(MIDNIGHT)
    await service.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise 'no event today'; end $$;
       create trigger refuse before insert on outbox for each row
         when (new.type = 'lottery.${step}.v1') execute function refuse()`,
    )

    await expect(replica.lottery.closeLottery.execute(DAY, CAUSE)).rejects.toThrow()

    expect(summary(await replica.lottery.findLottery.execute(DAY))).toMatchObject({
      status: before,
      winner: null,
      closedAt: null,
      lastSeq: events.length,
    })
    expect(await service.events(DAY)).toEqual(events)
  })
})

describe('rule 6: an empty lottery closes too', () => {
  it('has no winner', async () => {
    await replica.lottery.createLottery.execute(DAY, CAUSE)
    await service.clock.moveTo(MIDNIGHT)

    expect(summary(await replica.lottery.closeLottery.execute(DAY, CAUSE))).toMatchObject({
      status: 'closed',
      winner: null,
    })
    await expect(replica.lottery.findWinner.execute(DAY)).rejects.toThrow(LotteryWithoutWinner)
  })
})

describe('rule 7: a user who is banned at the moment of the seal cannot win', () => {
  it('excludes every ballot of banned users, and no other', async () => {
    await submitBy(ada, bob, ada, bob)
    await replica.user.banUser.ban(ada, CAUSE)
    await service.clock.moveTo(MIDNIGHT)

    const closed = await replica.lottery.closeLottery.execute(DAY, CAUSE)

    const stored = await service.query<{ ordinal: string; type: string }>(
      'select ordinal, type from exclusions join outbox on outbox.id = event_id order by ordinal',
    )
    expect(closed.seal?.excludedCount).toBe(2)
    expect(stored.map(({ ordinal, type }) => [Number(ordinal), type])).toEqual([
      [1, 'user.banned.v1'],
      [3, 'user.banned.v1'],
    ])
    expect([2, 4]).toContain(closed.draw?.winner?.ordinal)
    expect((await replica.lottery.findWinner.execute(DAY)).userId).toBe(bob)
  })

  it('has no winner when all users are banned', async () => {
    await submitBy(ada, bob)
    await replica.user.banUser.ban(ada, CAUSE)
    await replica.user.banUser.ban(bob, CAUSE)
    await service.clock.moveTo(MIDNIGHT)

    expect(summary(await replica.lottery.closeLottery.execute(DAY, CAUSE))).toMatchObject({
      excludedCount: 2,
      winner: null,
    })
  })

  it('ignores a ban after the seal', async () => {
    await submitBy(ada)
    await service.clock.moveTo(MIDNIGHT)
    const closed = await replica.lottery.closeLottery.execute(DAY, CAUSE)

    await replica.user.banUser.ban(ada, CAUSE)

    expect(await replica.lottery.closeLottery.execute(DAY, CAUSE)).toEqual(closed)
    expect((await replica.lottery.findWinner.execute(DAY)).userId).toBe(ada)
  })

  it('excludes thousands of ballots', async () => {
    await replica.lottery.submitBallots.execute(
      countTo(4_000).map((n) => aSubmit({ userId: n === 2_345 ? bob : ada, date: DAY })),
    )
    await replica.user.banUser.ban(ada, CAUSE)
    await service.clock.moveTo(MIDNIGHT)

    const closed = await replica.lottery.closeLottery.execute(DAY, CAUSE)

    expect(closed.seal?.excludedCount).toBe(3_999)
    expect(closed.draw?.winner?.ordinal).toBe(2_345)
  })
})

describe('a sealed lottery whose seal was deleted', () => {
  it('accepts no ballot and is not sealed again', async () => {
    await submitBy(ada)
    await service.clock.moveTo(MIDNIGHT)
    await replica.lottery.sealLottery.execute(DAY, CAUSE)
    await service.query(
      `set session_replication_role = replica; delete from seals; set session_replication_role = default`,
    )

    await expect(replica.lottery.closeLottery.execute(DAY, CAUSE)).rejects.toThrow('its stored seal does not fit')
    await expect(submitBy(ada)).rejects.toThrow('its stored seal does not fit')
  })
})

describe('rule 10: the same Idempotency-Key is the same ballot', () => {
  it('treats one key as another key for another user or date', async () => {
    const keys = [
      { userId: ada, date: DAY },
      { userId: bob, date: DAY },
      { userId: ada, date: NEXT_DAY },
    ]
    const commands = [...keys, ...keys].map((command) => aSubmit({ ...command, idempotencyKey: 'k' }))

    const outcomes = await replica.lottery.submitBallots.execute(commands)

    expect(outcomes.map(verdict)).toEqual(['accepted', 'accepted', 'accepted', 'replayed', 'replayed', 'replayed'])
    expect(new Set(outcomes.map((outcome) => accepted(outcome).id)).size).toBe(3)
  })
})

describe('the partitions of ballots', () => {
  it('are made one per month, with the first lottery of the month', async () => {
    const days = ['2031-05-31', '2031-06-01', '2031-12-31', '2032-01-01', '2032-02-29'].map(date)

    for (const day of days) await submit(replica, aSubmit({ userId: ada, date: day }))

    expect(await partitions()).toEqual([
      { name: 'ballots_2031_05', ballots: ['2031-05-31'] },
      { name: 'ballots_2031_06', ballots: ['2031-06-01'] },
      { name: 'ballots_2031_12', ballots: ['2031-12-31'] },
      { name: 'ballots_2032_01', ballots: ['2032-01-01'] },
      { name: 'ballots_2032_02', ballots: ['2032-02-29'] },
    ])
    expect(await replica.lottery.listBallots.ofUser({ userId: ada, limit: 9 })).toHaveLength(5)
  })

  it.each([
    ['2031-05-31T23:59:00Z', 'ballots_2031_05', 'ballots_2032_05', 13],
    ['2031-06-30T12:00:00Z', 'ballots_2031_06', 'ballots_2032_06', 13],
    ['2031-12-01T00:00:00Z', 'ballots_2031_12', 'ballots_2032_12', 13],
    ['2032-02-29T12:00:00Z', 'ballots_2032_02', 'ballots_2033_03', 14],
  ])('are made 366 days ahead by the closing schedule: at %s from %s to %s', async (at, first, last, count) => {
    await service.clock.moveTo(at)

    await replica.lottery.closingSchedule.wake()
    await replica.lottery.closingSchedule.wake()

    const names = (await partitions()).map(({ name }) => name)
    expect([names[0], names.at(-1), names.length]).toEqual([first, last, count])
    await submit(
      replica,
      aSubmit({ userId: ada, date: CalendarDate.addDays(CalendarDate.parse(at.slice(0, 10)), 366) }),
    )
    expect(await partitions()).toHaveLength(count)
  })
})

async function submitBy(...users: UserId[]): Promise<string[]> {
  const outcomes = await replica.lottery.submitBallots.execute(
    users.map((user) => aSubmit({ userId: user, date: DAY })),
  )
  return outcomes.map(verdict)
}

/** Stops the database's clock at this time. */
async function stopClock(at: string): Promise<void> {
  await service.query(
    `create or replace function test_clock.clock_timestamp() returns timestamptz language sql volatile as
       $$ select timestamptz '${at}' $$`,
  )
}

async function partitions(): Promise<{ name: string; ballots: string[] }[]> {
  return service.query(
    `select inhrelid::regclass::text as name,
       array(select lottery_date::text from ballots where ballots.tableoid = inhrelid) as ballots
     from pg_inherits where inhparent = 'ballots'::regclass order by 1`,
  )
}
