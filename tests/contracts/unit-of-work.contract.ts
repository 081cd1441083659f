import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OutcomeUnknown } from '../../src/shared/application/unavailable.ts'
import { aBallot, aNewLottery, SECRET, TODAY, TOMORROW } from '../support/builders.ts'
import { hold } from '../support/holding.ts'
import type { OpenWorld, World } from './world.ts'

export function unitOfWorkContract(open: OpenWorld): void {
  describe('UnitOfWork', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    /** The smallest unit of work that stores anything. */
    const openToday = () => world.lotteryWork.run(({ lotteries }) => lotteries.add(aNewLottery(), SECRET))
    const today = () => world.lotteryQueries.find(TODAY)

    describe('a unit of work', () => {
      it('has stored everything when it resolves, and resolves to the result of the work', async () => {
        const result = await world.lotteryWork.run(async ({ lotteries, ballots }) => {
          await lotteries.add(aNewLottery(), SECRET)
          await ballots.add([aBallot()])
          return 'result'
        })

        expect(result).toBe('result')
        expect(await today()).toMatchObject({ date: TODAY })
        expect(await world.lotteryQueries.ballotAt(TODAY, 1)).toEqual(aBallot())
        expect(await world.outbox()).toHaveLength(1)
      })

      it('stores nothing when the work throws, and rethrows the same error', async () => {
        const failure = new Error('changed its mind')

        const running = world.lotteryWork.run(async ({ lotteries, ballots }) => {
          await lotteries.add(aNewLottery(), SECRET)
          await ballots.add([aBallot()])
          throw failure
        })

        await expect(running).rejects.toBe(failure)
        expect(await today()).toBeUndefined()
        expect(await world.lotteryQueries.ballotAt(TODAY, 1)).toBeUndefined()
        expect(await world.outbox()).toEqual([])
      })

      it('sees its own changes, which other transactions see only after its end', async () => {
        const seen = await world.lotteryWork.run(async ({ lotteries, ballots }) => {
          await lotteries.add(aNewLottery(), SECRET)
          await ballots.add([aBallot()])
          const own = (await lotteries.lock([TODAY])).byDate.has(TODAY) && (await ballots.at(TODAY, 1)) !== undefined
          return { own, others: await today(), ballots: await world.lotteryQueries.ballotAt(TODAY, 1) }
        })

        expect(seen).toEqual({ own: true, others: undefined, ballots: undefined })
      })

      it.each(['commit', 'rollBack'] as const)('releases its locks at its end: %s', async (end) => {
        await openToday()
        const holder = await hold(world.lotteryWork, ({ lotteries }) => lotteries.lock([TODAY]))
        const next = world.lotteryWork.run(async ({ lotteries }) => (await lotteries.lock([TODAY])).byDate.size)
        await world.untilWaiting(1)

        await holder[end]()

        expect(await next).toBe(1)
      })
    })

    describe('a unit of work that conflicts with another', () => {
      it('runs again, with nothing stored by the first run', async () => {
        let runs = 0

        await world.lotteryWork.run(async ({ lotteries, ballots, conflict }) => {
          runs += 1
          await lotteries.add(aNewLottery(runs === 1 ? TOMORROW : TODAY), SECRET)
          await ballots.add([aBallot({ ordinal: runs })])
          if (runs === 1) await conflict()
        })

        expect(runs).toBe(2)
        expect(await world.lotteryQueries.find(TOMORROW)).toBeUndefined()
        expect(await today()).toBeDefined()
        expect(await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })).toEqual([
          aBallot({ ordinal: 2 }),
        ])
        expect(await world.outbox()).toHaveLength(1)
      })

      it('runs again at most three times, then fails and stores nothing', async () => {
        let runs = 0

        const running = world.lotteryWork.run(async ({ lotteries, conflict }) => {
          runs += 1
          await lotteries.add(aNewLottery(), SECRET)
          await conflict()
        })

        await expect(running).rejects.toThrow()
        expect(runs).toBe(4)
        expect(await today()).toBeUndefined()
      })

      it('succeeds on the fourth run', async () => {
        let runs = 0

        await world.lotteryWork.run(async ({ lotteries, conflict }) => {
          runs += 1
          await lotteries.add(aNewLottery(), SECRET)
          if (runs < 4) await conflict()
        })

        expect(runs).toBe(4)
        expect(await today()).toBeDefined()
      })

      it('does not run again after any other error', async () => {
        let runs = 0

        const running = world.lotteryWork.run(async () => {
          runs += 1
          throw new Error('not a conflict')
        })

        await expect(running).rejects.toThrow('not a conflict')
        expect(runs).toBe(1)
      })

      it('resolves a real deadlock: one of two units that lock crosswise runs again, and both are stored', async () => {
        const dates = [TODAY, TOMORROW]
        for (const date of dates)
          await world.lotteryWork.run(({ lotteries }) => lotteries.add(aNewLottery(date), SECRET))
        const bothHoldOne = Promise.withResolvers<void>()
        let runs = 0
        let locked = 0

        const crosswise = dates.map((first) =>
          world.lotteryWork.run(async ({ lotteries, ballots }) => {
            runs += 1
            await lotteries.lock([first])
            locked += 1
            if (locked === 2) bothHoldOne.resolve()
            await bothHoldOne.promise
            await lotteries.lock(dates.filter((date) => date !== first))
            await ballots.add([aBallot({ lotteryDate: first })])
          }),
        )

        await Promise.all(crosswise)
        expect(runs).toBe(3)
        for (const date of dates) expect(await world.lotteryQueries.ballotAt(date, 1)).toBeDefined()
      })
    })

    describe('a commit without an answer', () => {
      it.each([
        { case: 'nothing was stored', how: 'not stored', rows: 0 },
        { case: 'everything was stored', how: 'stored', rows: 1 },
      ] as const)('throws OutcomeUnknown and never runs again: $case', async ({ how, rows }) => {
        let runs = 0
        world.failNextCommit(how)

        const running = world.lotteryWork.run(async ({ lotteries, ballots }) => {
          runs += 1
          await lotteries.add(aNewLottery(), SECRET)
          await ballots.add([aBallot()])
        })

        await expect(running).rejects.toThrow(OutcomeUnknown)
        expect(runs).toBe(1)
        expect(await world.lotteryQueries.list({ limit: 9 })).toHaveLength(rows)
        expect(await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })).toHaveLength(rows)
        expect(await world.outbox()).toHaveLength(rows)
      })

      it.each(['stored', 'not stored'] as const)(
        'releases its locks, and the next unit of work succeeds: %s',
        async (how) => {
          await openToday()
          world.failNextCommit(how)
          const lost = world.lotteryWork.run(({ lotteries }) => lotteries.lock([TODAY]))
          await expect(lost).rejects.toThrow(OutcomeUnknown)

          await world.lotteryWork.run(async ({ lotteries, ballots }) => {
            await lotteries.lock([TODAY])
            await ballots.add([aBallot()])
          })

          expect(await world.lotteryQueries.ballotAt(TODAY, 1)).toBeDefined()
        },
      )
    })
  })
}
