import type { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { LotteryNotOver } from '../../src/lottery/domain/errors.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { INTERNAL_TOKEN } from '../support/access.ts'
import { accepted, aSubmit, CAUSE, date, summary, verdict } from '../support/builders.ts'
import { countTo, PostgresService, type Replica, race, submit, tally } from '../support/postgres-service.ts'

const YESTERDAY = date('2031-05-13')
const DAY = date('2031-05-14')
const NOON = '2031-05-14T12:00:00Z'
const MIDNIGHT = '2031-05-15T00:00:00Z'
const TOKEN = INTERNAL_TOKEN

let service: PostgresService
let replica: Replica
let ada: UserId

beforeEach(async () => {
  service = await PostgresService.open(NOON)
  replica = await service.replica()
  ;[ada] = (await service.users(1)) as [UserId]
})

afterEach(() => service.stop())

/** Faults seen in the original service, of which this service is a port. */
describe('faults of the original service, absent here', () => {
  it('midnight closed "today", which is never over: here it closes yesterday and leaves today open', async () => {
    await service.clock.moveTo('2031-05-13T12:00:00Z')
    await submit(replica, aSubmit({ userId: ada, date: YESTERDAY }))
    await submit(replica, aSubmit({ userId: ada, date: DAY }))
    await service.clock.moveTo('2031-05-14T00:00:00Z')

    await replica.lottery.closingSchedule.wake()

    expect(await replica.lottery.findWinner.execute(YESTERDAY)).toMatchObject({ userId: ada, ordinal: 1 })
    expect(summary(await replica.lottery.findLottery.execute(DAY))).toMatchObject({ status: 'open', sealedAt: null })
    await expect(replica.lottery.closeLottery.execute(DAY, CAUSE)).rejects.toThrow(LotteryNotOver)
  })

  it('missed midnights were never caught up: here a start after three missed midnights closes all three, oldest first', async () => {
    const days = ['2031-05-16', '2031-05-14', '2031-05-15'].map(date)
    for (const day of days) await submit(replica, aSubmit({ userId: ada, date: day }))
    await service.clock.moveTo('2031-05-17T06:00:00Z')

    await replica.lottery.closingSchedule.start()

    expect(closedInOrder()).toEqual(['2031-05-14', '2031-05-15', '2031-05-16'])
    for (const day of days) expect(await replica.lottery.findWinner.execute(day)).toMatchObject({ userId: ada })
  })

  it('the first failure stopped the run: here the other lotteries close, and the failed one closes on the next run', async () => {
    const days = ['2031-05-14', '2031-05-15', '2031-05-16'].map(date)
    for (const day of days) await submit(replica, aSubmit({ userId: ada, date: day }))
    await service.query(
      `create function refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$;
       create trigger refuse before update on lotteries for each row
         when (new.date = '2031-05-15' and new.status <> 'open') execute function refuse()`,
    )
    await service.clock.moveTo('2031-05-17T06:00:00Z')

    await replica.lottery.closingSchedule.wake()
    const inFirstRun = closedInOrder()
    await service.query('drop trigger refuse on lotteries')
    await replica.lottery.closingSchedule.wake()

    expect(inFirstRun).toEqual(['2031-05-14', '2031-05-16'])
    expect(service.log.filter(({ level }) => level >= 50)).toMatchObject([
      { date: '2031-05-15', msg: 'could not close the lottery' },
    ])
    expect(closedInOrder()).toEqual(['2031-05-14', '2031-05-16', '2031-05-15'])
  })

  it('16 parallel clients lost ballots (150 of 274 stored): here all 274 are stored', async () => {
    const others = await Promise.all([service.replica(4), service.replica(4)])

    const receipts = await race(16, async (client) => {
      const mine = []
      for (let n = client; n < 274; n += 16) {
        mine.push(accepted(await submit(others[n % 2] as Replica, aSubmit({ userId: ada, date: DAY }))))
      }
      return mine
    })

    const stored = await replica.lottery.listBallots.ofLottery({ date: DAY, after: 0, limit: 1_000 })
    expect(stored).toHaveLength(274)
    expect(stored).toEqual(receipts.flat().sort((a, b) => a.ordinal - b.ordinal))
  })

  it('every submit and close read and rewrote all ballots: here a submit touches as many rows among 10,000 ballots as among 10, and a close reads two proofs', async () => {
    const rows = countRows(replica)
    const cost = async (act: () => Promise<unknown>) => {
      const before = rows.count
      await act()
      return rows.count - before
    }
    const fill = (day: string, ballots: number) =>
      replica.lottery.submitBallots.execute(countTo(ballots).map(() => aSubmit({ userId: ada, date: date(day) })))
    await fill('2031-05-14', 10)
    await fill('2031-05-15', 10_000)
    const submitTo = (day: string) => cost(() => submit(replica, aSubmit({ userId: ada, date: date(day) })))

    const submits = [await submitTo('2031-05-14'), await submitTo('2031-05-15')]
    await service.clock.moveTo('2031-05-16T00:00:00Z')
    const close = (day: string) => cost(() => replica.lottery.closeLottery.execute(date(day), CAUSE))
    const closes = [await close('2031-05-14'), await close('2031-05-15')]

    expect(submits[0]).toBeGreaterThan(0)
    expect(submits[1]).toBe(submits[0])
    // A close proves two ballots, the winner and the last. Each proof reads at most 255 ballots and 255 stored subtrees.
    expect(closes[0]).toBeGreaterThan(0)
    expect(closes[1]).toBeLessThanOrEqual((closes[0] as number) + 2 * (255 + 255))
  })

  it('two first submits made two lotteries: here they make one', async () => {
    const other = await service.replica()

    await race(2, (n) => submit(n === 0 ? replica : other, aSubmit({ userId: ada, date: DAY })))

    expect(await service.query('select date::text, ballot_count::int from lotteries')).toEqual([
      { date: DAY, ballot_count: 2 },
    ])
  })

  it('two closers drew twice: here both get the same result', async () => {
    await replica.lottery.submitBallots.execute(countTo(50).map(() => aSubmit({ userId: ada, date: DAY })))
    await service.clock.moveTo(MIDNIGHT)
    const release = await service.holdLottery(DAY)

    const closing = race(2, () => replica.lottery.closeLottery.execute(DAY, CAUSE))
    await service.waitingForLocks(2)
    await release()
    const [one, other] = await closing

    expect(one).toEqual(other)
    expect(await replica.lottery.closeLottery.execute(DAY, CAUSE)).toEqual(one)
    expect(await service.events(DAY)).toEqual(['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'])
  })

  it('ballots were accepted after the draw: here they are refused, even when the clock is set back into the day', async () => {
    await submit(replica, aSubmit({ userId: ada, date: DAY }))
    await service.clock.moveTo(MIDNIGHT)
    const closed = await replica.lottery.closeLottery.execute(DAY, CAUSE)

    const late = await submit(replica, aSubmit({ userId: ada, date: DAY }))
    await service.clock.moveTo(NOON)
    const back = await submit(replica, aSubmit({ userId: ada, date: DAY }))

    expect([verdict(late), verdict(back)]).toEqual(['lottery_closed', 'lottery_closed'])
    expect(await service.ordinals(DAY)).toEqual([1])
    expect(await replica.lottery.findLottery.execute(DAY)).toEqual(closed)
  })

  it('looking up an existing winner failed: here HTTP answers with the winner', async () => {
    await submit(replica, aSubmit({ userId: ada, date: DAY }))
    await service.clock.moveTo(MIDNIGHT)
    await replica.lottery.closeLottery.execute(DAY, CAUSE)
    const app = await buildApp(replica)

    const answer = await app.inject({ url: `/lotteries/winner?date=${DAY}` })
    await app.close()

    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ user_id: ada, lottery_date: DAY, ordinal: 1 })
  })

  it('the token was compared with "!=" and every route had a second path: here only the whole token opens the one path', async () => {
    await replica.lottery.createLottery.execute(DAY, CAUSE)
    await service.clock.moveTo(MIDNIGHT)
    const app = await buildApp(replica, {})
    const close = async (token: string | undefined, path = '/lotteries/close') => {
      const headers = token === undefined ? {} : { 'x-internal-token': token }
      return (await app.inject({ method: 'POST', url: `${path}?date=${DAY}`, headers })).statusCode
    }

    const refused = await Promise.all(
      [undefined, '', TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase()].map((t) => close(t)),
    )
    const doubled = await close(TOKEN, '/lotteries/lotteries/close')
    const stillOpen = summary(await replica.lottery.findLottery.execute(DAY))
    const allowed = await close(TOKEN)
    await app.close()

    expect(tally(refused.map(String))).toEqual({ 401: 1, 403: 4 })
    expect(doubled).toBe(404)
    expect(stillOpen.status).toBe('open')
    expect(allowed).toBe(200)
  })
})

/** Dates in the order in which the schedule closed them. */
function closedInOrder(): unknown[] {
  return service.log.filter(({ msg }) => msg === 'lottery closed').map((line) => line.date)
}

/** Counts the rows that the server returns, inserts or changes for a replica, according to its command tags. */
function countRows({ pool }: Replica): { count: number } {
  const rows = { count: 0 }
  const seen = new WeakSet<object>()
  pool.on('acquire', (client) => {
    if (seen.has(client)) return
    seen.add(client)
    const { connection } = client as unknown as { connection: EventEmitter }
    connection.on('commandComplete', ({ text }: { text: string }) => {
      rows.count += Number(/\d+$/.exec(text)?.[0] ?? 0)
    })
  })
  return rows
}
