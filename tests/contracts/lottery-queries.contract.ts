import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BallotPlace } from '../../src/lottery/application/lottery-queries.ts'
import type { Ballot, StoredBallot } from '../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { Lottery } from '../../src/lottery/domain/lottery.ts'
import type { LotteryState, LotteryStatus } from '../../src/lottery/domain/lottery-state.ts'
import {
  aBallot,
  aNewLottery,
  ballotId,
  CAUSE,
  date,
  drawingOf,
  SECRET,
  sealTerms,
  TODAY,
  TOMORROW,
  userId,
  YESTERDAY,
} from '../support/builders.ts'
import { hold } from '../support/holding.ts'
import type { OpenWorld, World } from './world.ts'

export function lotteryQueriesContract(open: OpenWorld): void {
  describe('LotteryQueries', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    const addBallots = (...added: Ballot[]) => world.lotteryWork.run(({ ballots }) => ballots.add(added))

    /** Stores a lottery in this status, regardless of the clock. Resolves to its stored state. */
    const addLottery = async (day: CalendarDate, status: LotteryStatus = 'open'): Promise<LotteryState> => {
      await world.lotteryWork.run(({ lotteries }) => lotteries.add(aNewLottery(day), SECRET))
      return world.lotteryWork.run(async ({ lotteries }) => {
        const lottery = (await lotteries.lock([day])).byDate.get(day) as Lottery
        if (status !== 'open')
          lottery.sealWith(sealTerms({ last: await lotteries.lastSeal() }), CalendarDate.endOf(day), CAUSE)
        await lotteries.save(lottery)
        if (status !== 'closed') return lottery.state
        lottery.close(drawingOf(lottery, SECRET, []), undefined, CalendarDate.endOf(day), CAUSE)
        await lotteries.save(lottery)
        return lottery.state
      })
    }

    describe('finding a lottery or a ballot', () => {
      it('returns the lottery of a date, or undefined', async () => {
        const stored = await addLottery(TODAY)

        expect(await world.lotteryQueries.find(TODAY)).toEqual(stored)
        expect(await world.lotteryQueries.find(TOMORROW)).toBeUndefined()
      })

      it('returns a ballot by id or by ordinal, from its own lottery only', async () => {
        await addLottery(TODAY)
        await addBallots(aBallot({ ordinal: 7 }))

        expect(await world.lotteryQueries.ballot(TODAY, ballotId(7))).toEqual(aBallot({ ordinal: 7 }))
        expect(await world.lotteryQueries.ballotAt(TODAY, 7)).toEqual(aBallot({ ordinal: 7 }))
        expect(await world.lotteryQueries.ballot(TODAY, ballotId(1))).toBeUndefined()
        expect(await world.lotteryQueries.ballot(TOMORROW, ballotId(7))).toBeUndefined()
        expect(await world.lotteryQueries.ballotAt(TODAY, 1)).toBeUndefined()
        expect(await world.lotteryQueries.ballotAt(TOMORROW, 7)).toBeUndefined()
      })

      it('sees nothing that is not committed', async () => {
        await addLottery(TODAY)
        const adding = await hold(world.lotteryWork, ({ ballots }) => ballots.add([aBallot()]))

        const during = await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })
        await adding.commit()

        expect(during).toEqual([])
        expect(await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })).toEqual([aBallot()])
      })
    })

    describe('listing lotteries', () => {
      beforeEach(async () => {
        await addLottery(TOMORROW)
        await addLottery(date('2026-01-31'), 'closed')
        await addLottery(YESTERDAY, 'sealed')
        await addLottery(date('2026-02-01'), 'closed')
        await addLottery(TODAY)
      })
      const listed = async (page: Parameters<World['lotteryQueries']['list']>[0]) =>
        (await world.lotteryQueries.list(page)).map((lottery) => lottery.date)

      it('returns the newest date first', async () => {
        expect(await listed({ limit: 9 })).toEqual([TOMORROW, TODAY, YESTERDAY, '2026-02-01', '2026-01-31'])
      })

      it('continues strictly before a given date, whether or not that date has a lottery', async () => {
        expect(await listed({ before: TODAY, limit: 2 })).toEqual([YESTERDAY, '2026-02-01'])
        expect(await listed({ before: date('2026-02-20'), limit: 9 })).toEqual(['2026-02-01', '2026-01-31'])
        expect(await listed({ before: date('2026-01-31'), limit: 9 })).toEqual([])
      })

      it('can filter by status, and still fills the page up to the limit', async () => {
        expect(await listed({ status: 'closed', limit: 2 })).toEqual(['2026-02-01', '2026-01-31'])
        expect(await listed({ status: 'sealed', limit: 9 })).toEqual([YESTERDAY])
        expect(await listed({ status: 'open', before: TOMORROW, limit: 9 })).toEqual([TODAY])
      })
    })

    describe('listing ballots', () => {
      const days = [TOMORROW, TODAY, date('2026-02-28')]
      const all = days.flatMap((lotteryDate, day) =>
        Array.from({ length: 11 }, (_, index) => {
          const [ordinal, id] = [index + 1, ballotId(100 * day + index)]
          return aBallot({ lotteryDate, ordinal, id, userId: userId(ordinal % 3) })
        }),
      )
      beforeEach(async () => {
        for (const day of days) await addLottery(day)
        await addBallots(...all.toReversed())
      })

      it('returns the ballots of a lottery in ascending order after a given ordinal', async () => {
        const page = await world.lotteryQueries.ballots({ date: TODAY, after: 8, limit: 2 })

        expect(page.map(({ ordinal }) => ordinal)).toEqual([9, 10])
      })

      it('returns only the ballots of a user, by descending date and then descending ordinal', async () => {
        const page = await world.lotteryQueries.ballotsOf({ userId: userId(1), limit: 6 })

        expect(page.map(({ lotteryDate, ordinal }) => `${lotteryDate} ${ordinal}`)).toEqual([
          '2026-03-11 10',
          '2026-03-11 7',
          '2026-03-11 4',
          '2026-03-11 1',
          '2026-03-10 10',
          '2026-03-10 7',
        ])
      })

      it('continues the ballots of a user strictly before a place, whether or not a ballot is there', async () => {
        const before = (place: BallotPlace) =>
          world.lotteryQueries.ballotsOf({ userId: userId(1), before: place, limit: 1 })

        expect(await before({ date: TODAY, ordinal: 7 })).toMatchObject([{ lotteryDate: TODAY, ordinal: 4 }])
        expect(await before({ date: TODAY, ordinal: 6 })).toMatchObject([{ lotteryDate: TODAY, ordinal: 4 }])
        expect(await before({ date: TODAY, ordinal: 1 })).toMatchObject([{ lotteryDate: '2026-02-28', ordinal: 10 }])
        expect(await before({ date: date('2026-02-28'), ordinal: 1 })).toEqual([])
      })

      it('returns every ballot once page by page, and only the last page is shorter than its limit', async () => {
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (limit) => {
            const ofLottery = await walk(limit, (last) =>
              world.lotteryQueries.ballots({ date: TODAY, after: last?.ordinal ?? 0, limit }),
            )
            const ofUser = await walk(limit, (last) => {
              const before = last && { before: { date: last.lotteryDate, ordinal: last.ordinal } }
              return world.lotteryQueries.ballotsOf({ userId: userId(2), limit, ...before })
            })

            expect(ofLottery).toEqual(all.filter((ballot) => ballot.lotteryDate === TODAY))
            expect(new Set(ofUser)).toEqual(new Set(all.filter((ballot) => ballot.userId === userId(2))))
          }),
          { numRuns: 12 },
        )
      })
    })

    describe('listing due lotteries', () => {
      it("returns every unclosed lottery whose day is over by the database's clock, oldest first", async () => {
        await addLottery(TOMORROW)
        await addLottery(TODAY)
        await addLottery(YESTERDAY, 'sealed')
        await addLottery(date('2026-02-28'))
        await addLottery(date('2026-03-01'), 'closed')

        expect((await world.lotteryQueries.due()).dates).toEqual(['2026-02-28', YESTERDAY])

        await world.clock.moveTo('2026-03-11T00:00:00.000Z')
        expect((await world.lotteryQueries.due()).dates).toEqual(['2026-02-28', YESTERDAY, TODAY])
      })

      it('makes a lottery due at midnight, and returns the time until the next midnight', async () => {
        await addLottery(TODAY)
        await world.clock.moveTo('2026-03-10T23:59:58Z')

        const before = await world.lotteryQueries.due()
        await world.clock.advance({ seconds: 2 })
        const after = await world.lotteryQueries.due()

        expect(before.dates).toEqual([])
        expect(before.untilMidnightMs).toBeGreaterThan(0)
        expect(before.untilMidnightMs).toBeLessThanOrEqual(2_000)
        expect(after.dates).toEqual([TODAY])
        expect(after.untilMidnightMs).toBeLessThanOrEqual(86_400_000)
        expect(after.untilMidnightMs).toBeGreaterThan(86_400_000 - 60_000)
      })
    })

    it('counts the lotteries of each status, and the overdue ones', async () => {
      const before = await world.lotteryQueries.counts()
      await addLottery(TODAY)
      await addLottery(YESTERDAY)
      await addLottery(date('2026-03-08'), 'sealed')
      await addLottery(date('2026-03-07'), 'closed')

      expect(before).toEqual({ open: 0, sealed: 0, closed: 0, overdue: 0 })
      expect(await world.lotteryQueries.counts()).toEqual({ open: 2, sealed: 1, closed: 1, overdue: 2 })
    })
  })
}

/** Reads page after page until one is shorter than the limit. */
async function walk(
  limit: number,
  page: (last: StoredBallot | undefined) => Promise<readonly StoredBallot[]>,
): Promise<StoredBallot[]> {
  const walked: StoredBallot[] = []
  for (;;) {
    const next = await page(walked.at(-1))
    walked.push(...next)
    if (next.length < limit) return walked
  }
}
