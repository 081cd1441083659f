import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { LotteryAlreadyExists, LotteryNotOver } from '../../src/lottery/domain/errors.ts'
import type { LotteryState } from '../../src/lottery/domain/lottery-state.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, CAUSE, date, summary, userId, verdict } from '../support/builders.ts'
import { countTo, PostgresService, type Replica, race, submit, tally } from '../support/postgres-service.ts'

// Far from today, so that no test depends on the service's own clock.
const DAY = date('2031-05-14')
const NEXT_DAY = date('2031-05-15')
const NOON = '2031-05-14T12:00:00Z'
const MIDNIGHT = '2031-05-15T00:00:00Z'

let service: PostgresService
let replicas: readonly Replica[]

beforeEach(async () => {
  service = await PostgresService.open(NOON)
  replicas = await Promise.all([1, 2, 3, 4].map(() => service.replica(10)))
})

afterEach(() => service.stop())

describe('concurrent first submits of a day', () => {
  it('make one lottery with all of their ballots', async () => {
    const users = await service.users(2)

    const outcomes = await race(40, (n) => submit(replica(n), aSubmit({ userId: users[n % 2] as UserId, date: DAY })))

    expect(sorted(outcomes.map((outcome) => accepted(outcome).ordinal))).toEqual(countTo(40))
    expect(await service.ordinals(DAY)).toEqual(countTo(40))
    expect(await service.events(DAY)).toEqual(['lottery.created.v1'])
  })

  it('race with callers that create the lottery, and at most one of these succeeds', async () => {
    const [user] = await service.users(1)

    const results = await race(40, async (n) => {
      if (n % 2 === 0) return verdict(await submit(replica(n), aSubmit({ userId: user as UserId, date: DAY })))
      return replica(n)
        .lottery.createLottery.execute(DAY, CAUSE)
        .then(
          () => 'created',
          (error: unknown) => (error instanceof LotteryAlreadyExists ? 'exists' : String(error)),
        )
    })

    const { created = 0, ...rest } = tally(results)
    expect(created).toBeLessThanOrEqual(1)
    expect(rest).toEqual({ accepted: 20, exists: 20 - created })
    expect(await service.ordinals(DAY)).toEqual(countTo(20))
    expect(await service.events(DAY)).toEqual(['lottery.created.v1'])
  })
})

describe('concurrent submits', () => {
  it.each([2, 4])(
    'through %i replicas with their own batches lose no ballot and leave no gap on either date',
    async (count) => {
      const users = await service.users(4)
      const days = [DAY, NEXT_DAY]
      const command = (n: number) => aSubmit({ userId: users[n % 4] as UserId, date: days[n % 2] as CalendarDate })

      const outcomes = await race(1_200, (n) => replica(n % count).lottery.submitQueue.submit(command(n >> 2)))

      for (const day of days) {
        const taken = outcomes.map(accepted).filter(({ lotteryDate }) => lotteryDate === day)
        expect(sorted(taken.map(({ ordinal }) => ordinal))).toEqual(countTo(600))
        expect(await service.ordinals(day)).toEqual(countTo(600))
      }
      for (const { metrics } of replicas.slice(0, count)) {
        const batches = /lottery_submit_batch_size_count (\d+)/.exec(await metrics.metrics())?.[1]
        expect(Number(batches)).toBeLessThan(20) // submits were gathered into batches
      }
    },
  )

  it('give 1,000 ballots the ordinals 1..n, with refusals mixed in', async () => {
    const users = await service.users(8)
    const banned = users[0] as UserId
    await replica(0).user.banUser.ban(banned, CAUSE)
    const command = (n: number) => {
      if (n % 10 === 0) return aSubmit({ userId: banned, date: DAY })
      if (n % 10 === 1) return aSubmit({ userId: userId(99), date: DAY })
      if (n % 10 === 2) return aSubmit({ userId: users[1] as UserId, date: date('2031-05-13') })
      if (n % 10 === 3) return aSubmit({ userId: users[2] as UserId, date: DAY, idempotencyKey: `${n >> 5}` })
      return aSubmit({ userId: users[n % 8 || 1] as UserId, date: n % 2 === 0 ? DAY : undefined })
    }
    const all = countTo(1_000).map(command)

    // Half of the workers submit one by one, the other half in batches of ten.
    const outcomes = await race(40, async (worker) => {
      const share = all.slice(worker * 25, worker * 25 + 25)
      const size = worker % 2 === 0 ? 1 : 10
      const answers = []
      for (let i = 0; i < share.length; i += size) {
        answers.push(...(await replica(worker).lottery.submitBallots.execute(share.slice(i, i + size))))
      }
      return answers
    })

    const keys = new Set(all.flatMap(({ idempotencyKey }) => idempotencyKey ?? [])).size
    const stored = 600 + keys
    const verdicts = outcomes.flat().map(verdict)
    expect(tally(verdicts)).toEqual({
      user_banned: 100,
      user_not_found: 100,
      lottery_date_past: 100,
      replayed: 100 - keys,
      accepted: stored,
    })
    const ordinals = outcomes
      .flat()
      .flatMap((outcome) => (verdict(outcome) === 'accepted' ? accepted(outcome).ordinal : []))
    expect(sorted(ordinals)).toEqual(countTo(stored))
    expect(await service.ordinals(DAY)).toEqual(countTo(stored))
    expect(summary(await lottery(DAY))).toMatchObject({ ballotCount: stored })
  })

  it('with one Idempotency-Key make one ballot, also after a ban and after the close', async () => {
    const [user] = await service.users(1)
    const retry = aSubmit({ userId: user as UserId, date: DAY, idempotencyKey: 'once' })
    const retries = () => race(20, (n) => submit(replica(n), retry))

    const first = await retries()
    await replica(0).user.banUser.ban(user as UserId, CAUSE)
    const afterBan = await retries()
    await service.clock.moveTo(MIDNIGHT)
    await replica(0).lottery.closeLottery.execute(DAY, CAUSE)
    const afterClose = await retries()

    expect(tally(first.map(verdict))).toEqual({ accepted: 1, replayed: 19 })
    expect(tally([...afterBan, ...afterClose].map(verdict))).toEqual({ replayed: 40 })
    expect(
      new Set([...first, ...afterBan, ...afterClose].map((outcome) => JSON.stringify(accepted(outcome)))).size,
    ).toBe(1)
    expect(await service.ordinals(DAY)).toEqual([1])
  })

  it('never deadlock when batches name many days in any order', async () => {
    const users = await service.users(4)
    const days = countTo(6).map((ahead) => CalendarDate.addDays(DAY, ahead * 9))

    const outcomes = await race(40, (n) => {
      const mine = countTo(6).map((i) =>
        aSubmit({ userId: users[n % 4] as UserId, date: days[(i * (n % 2 ? 1 : 5) + n) % 6] }),
      )
      return replica(n).lottery.submitBallots.execute(mine)
    })

    expect(tally(outcomes.flat().map(verdict))).toEqual({ accepted: 240 })
    for (const day of days) expect(await service.ordinals(day)).toEqual(countTo(40))
    expect(await deadlocks()).toBe(0)
  })
})

describe('concurrent closers', () => {
  it('close once: 50 callers get one result of one draw', async () => {
    const users = await service.users(3)
    await replica(0).lottery.submitBallots.execute(
      countTo(30).map((n) => aSubmit({ userId: users[n % 3] as UserId, date: DAY })),
    )
    await service.clock.moveTo(MIDNIGHT)
    const release = await service.holdLottery(DAY)
    const more = await service.replica(10)

    const closing = race(50, (n) => (n < 40 ? replica(n) : more).lottery.closeLottery.execute(DAY, CAUSE))
    await service.waitingForLocks(50)
    await release()
    const results = await closing

    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
    expect(results[0]).toEqual(await lottery(DAY))
    expect(summary(results[0])).toMatchObject({
      status: 'closed',
      ballotCount: 30,
      winner: expect.anything() as unknown,
    })
    expect(await service.events(DAY)).toEqual(['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'])
  })

  it('close once, together with the sweeps of all replicas', async () => {
    await replica(0).lottery.createLottery.execute(DAY, CAUSE)
    await service.clock.moveTo(MIDNIGHT)

    await race(20, async (n) => {
      if (n < 4) await replica(n).lottery.closingSchedule.wake()
      else await replica(n).lottery.closeLottery.execute(DAY, CAUSE)
    })

    expect(await service.events(DAY)).toEqual(['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'])
    expect(service.log.filter(({ level }) => level > 30)).toEqual([])
  })
})

describe('submits racing with the close over midnight', () => {
  it('lose no acknowledged ballot, and store none after the seal', async () => {
    const users = await service.users(4)
    await replica(0).lottery.createLottery.execute(DAY, CAUSE)
    await service.clock.moveTo('2031-05-14T23:59:59Z')

    const [outcomes, closed] = await Promise.all([
      race(24, (n) => submitUntilDayIsOver(replica(n), users[n % 4] as UserId, n % 2 === 0 ? DAY : undefined)),
      race(6, (n) => closeAsSoonAsAllowed(replica(n))),
    ])

    const acknowledged = outcomes.flat().filter(({ lotteryDate }) => lotteryDate === DAY)
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(sorted(acknowledged.map(({ ordinal }) => ordinal))).toEqual(countTo(acknowledged.length))
    expect(await service.ordinals(DAY)).toEqual(countTo(acknowledged.length))
    expect(new Set(closed.map((result) => JSON.stringify(result))).size).toBe(1)
    expect(summary(closed[0])).toMatchObject({ status: 'closed', ballotCount: acknowledged.length })
    expect(Math.max(...acknowledged.map(({ submittedAt }) => submittedAt))).toBeLessThan(Date.parse(MIDNIGHT))
    expect(closed[0]?.seal?.at).toBeGreaterThanOrEqual(Date.parse(MIDNIGHT))

    const nextDay = outcomes.flat().filter(({ lotteryDate }) => lotteryDate === NEXT_DAY)
    expect(nextDay).toHaveLength(12)
    expect(await service.ordinals(NEXT_DAY)).toEqual(countTo(12))
  })

  it('are refused when they waited for the lock until after midnight', async () => {
    const [user] = await service.users(1)
    await replica(0).lottery.createLottery.execute(DAY, CAUSE)
    await service.clock.moveTo('2031-05-14T23:59:58Z')
    const release = await service.holdLottery(DAY)

    const late = submit(replica(1), aSubmit({ userId: user as UserId, date: DAY }))
    const today = submit(replica(2), aSubmit({ userId: user as UserId, date: undefined }))
    await service.waitingForLocks(2)
    await service.clock.moveTo(MIDNIGHT)
    await release()

    expect(verdict(await late)).toBe('lottery_closed')
    expect(accepted(await today).lotteryDate).toBe(NEXT_DAY)
    expect(await service.ordinals(DAY)).toEqual([])
  })
})

describe('a ban racing with the close', () => {
  it('does not count when it is dated after the seal, even when the seal waits for the lock', async () => {
    const [user] = await service.users(1)
    await submit(replica(0), aSubmit({ userId: user as UserId, date: DAY }))
    await service.clock.moveTo(MIDNIGHT)
    const release = await service.holdLottery(DAY)

    const closing = replica(1).lottery.closeLottery.execute(DAY, CAUSE)
    await service.waitingForLocks(1)
    await replica(2).user.banUser.ban(user as UserId, CAUSE)
    await release()
    const closed = await closing

    const { bannedAt } = await replica(0).user.findUser.execute(user as UserId)
    expect(closed.seal?.at).toBeLessThanOrEqual(bannedAt as number)
    expect(summary(closed)).toMatchObject({ excludedCount: 0, winner: { ordinal: 1 } })
  })

  it('counts when it is dated before the seal, even when it is stored during the close', async () => {
    const [user] = await service.users(1)
    await submit(replica(0), aSubmit({ userId: user as UserId, date: DAY }))
    await service.clock.moveTo(MIDNIGHT)
    // This row blocks the user's next event, so the ban has its date but cannot commit.
    const release = await service.hold(
      `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
       values ('user/${user}', 2, gen_random_uuid(), 'test', '{}', 'anonymous', clock_timestamp())`,
    )

    const banning = replica(1).user.banUser.ban(user as UserId, CAUSE)
    await service.waitingForLocks(1)
    const closing = replica(2).lottery.closeLottery.execute(DAY, CAUSE)
    await service.waitingForLocks(2)
    await release()
    const [closed] = await Promise.all([closing, banning])

    const { bannedAt } = await replica(0).user.findUser.execute(user as UserId)
    expect(bannedAt).toBeLessThanOrEqual(closed.seal?.at as number)
    expect(summary(closed)).toMatchObject({ excludedCount: 1, winner: null })
  })

  it('agrees with the seal in every one of 60 concurrent bans and unbans', async () => {
    const users = await service.users(60)
    await replica(0).lottery.submitBallots.execute(users.map((user) => aSubmit({ userId: user, date: DAY })))
    await race(20, (n) => replica(n).user.banUser.ban(users[n] as UserId, CAUSE))
    await service.clock.moveTo(MIDNIGHT)

    const results = await race(64, async (n) => {
      if (n % 16 === 15) return replica(n).lottery.closeLottery.execute(DAY, CAUSE)
      const user = users[n - Math.floor(n / 16)] as UserId
      return replica(n).user.banUser[users.indexOf(user) < 20 ? 'unban' : 'ban'](user, CAUSE)
    })

    const [closed] = results.flatMap((result) => result ?? []) as LotteryState[]
    const sealedAt = closed?.seal?.at as number
    const changes = await service.query<{ id: UserId; at: Date }>(
      `select substr(aggregate, 6) as id, occurred_at as at from outbox
       where type = any('{user.banned.v1,user.unbanned.v1}') and occurred_at >= $1`,
      [MIDNIGHT],
    )
    expect(changes).toHaveLength(60)
    const exclusions = await service.query<{ ordinal: string }>('select ordinal from exclusions')
    const ordinals = exclusions.map(({ ordinal }) => Number(ordinal))
    for (const { id, at } of changes) {
      const excluded = ordinals.includes(users.indexOf(id) + 1)
      const wasBannedBefore = users.indexOf(id) < 20
      if (at.getTime() <= sealedAt) expect(excluded, `changed before the seal`).toBe(!wasBannedBefore)
      if (at.getTime() > sealedAt) expect(excluded, `changed after the seal`).toBe(wasBannedBefore)
    }
  })
})

describe('concurrent creators of lotteries in one month', () => {
  it('make its partition once, while ballots of other months are stored', async () => {
    const [user] = await service.users(1)
    const month = countTo(20).map((day) => CalendarDate.addDays(date('2032-03-01'), day))
    await replica(0).lottery.createLottery.execute(DAY, CAUSE)

    const results = await race(40, async (n) => {
      if (n % 2 === 0)
        return summary(await replica(n).lottery.createLottery.execute(month[n / 2] as CalendarDate, CAUSE)).status
      return verdict(await submit(replica(n), aSubmit({ userId: user as UserId, date: DAY })))
    })

    expect(tally(results)).toEqual({ open: 20, accepted: 20 })
    expect(await service.ordinals(DAY)).toEqual(countTo(20))
    expect(await deadlocks()).toBe(0)
  })
})

function replica(n: number): Replica {
  return replicas[n % replicas.length] as Replica
}

async function lottery(day: CalendarDate): Promise<LotteryState | undefined> {
  return replica(0).lotteryQueries.find(day)
}

/** Submits one ballot after another until one is refused or belongs to the next day. */
async function submitUntilDayIsOver(to: Replica, user: UserId, day: CalendarDate | undefined) {
  const ballots = []
  for (;;) {
    const outcome = await submit(to, aSubmit({ userId: user, date: day }))
    if (outcome.kind === 'refused') {
      expect(verdict(outcome)).toBe('lottery_closed')
      return ballots
    }
    ballots.push(outcome.ballot)
    if (outcome.ballot.lotteryDate === NEXT_DAY) return ballots
  }
}

async function closeAsSoonAsAllowed(by: Replica): Promise<LotteryState> {
  for (;;) {
    try {
      return await by.lottery.closeLottery.execute(DAY, CAUSE)
    } catch (error) {
      if (!(error instanceof LotteryNotOver)) throw error
    }
  }
}

async function deadlocks(): Promise<number> {
  const sql = 'select deadlocks::int from pg_stat_database where datname = current_database()'
  const [row] = await service.query<{ deadlocks: number }>(sql)
  return row?.deadlocks ?? Number.NaN
}

function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b)
}
