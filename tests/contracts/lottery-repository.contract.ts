import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { Lottery } from '../../src/lottery/domain/lottery.ts'
import { aBallot, aNewLottery, ballotId, date, instant, TODAY, TOMORROW, userId } from '../support/builders.ts'
import { hold } from '../support/holding.ts'
import type { OpenWorld, World } from './world.ts'

export function lotteryRepositoryContract(open: OpenWorld): void {
  describe('LotteryRepository', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    const add = (lottery: Lottery) => world.lotteryWork.run(({ lotteries }) => lotteries.add(lottery))
    const lock = (...dates: CalendarDate[]) => world.lotteryWork.run(({ lotteries }) => lotteries.lock(dates))
    const holdToday = () => hold(world.lotteryWork, ({ lotteries }) => lotteries.lock([TODAY]))

    /** Takes a ballot in under the lottery's lock. */
    const issue = (ordinal: number) =>
      world.lotteryWork.run(async ({ lotteries }) => {
        const { byDate, at } = await lotteries.lock([TODAY])
        const lottery = byDate.get(TODAY)
        lottery?.issue({ id: ballotId(ordinal), userId: userId(), standing: 'active' }, at)
        if (lottery) await lotteries.save(lottery)
      })

    describe('locking lotteries', () => {
      it('answers those that exist by date, and leaves a date without a lottery out', async () => {
        await add(aNewLottery(TODAY))
        await add(aNewLottery(TOMORROW))

        const { byDate } = await lock(TOMORROW, date('2026-03-12'), TODAY, TODAY)

        expect([...byDate.keys()].sort()).toEqual([TODAY, TOMORROW])
        expect(byDate.get(TODAY)?.state).toEqual(aNewLottery(TODAY).state)
        expect(byDate.get(TOMORROW)?.date).toBe(TOMORROW)
      })

      it('of no dates only reads the clock of the database', async () => {
        await world.clock.moveTo('2026-07-01T08:00:00Z')

        const { byDate, at } = await lock()

        expect(byDate.size).toBe(0)
        expect(at).toBeGreaterThanOrEqual(instant('2026-07-01T08:00:00Z'))
        expect(at).toBeLessThanOrEqual(await world.clock.now())
        expect(Number.isInteger(at)).toBe(true)
      })

      it('waits for whoever holds one, and reads the clock only when it was let go', async () => {
        await add(aNewLottery())
        const holder = await holdToday()
        const waiting = lock(TODAY)
        await world.untilWaiting(1)

        await world.clock.advance({ hours: 12 })
        const letGoAt = await world.clock.now()
        await holder.commit()

        const { at } = await waiting
        expect(at).toBeGreaterThanOrEqual(letGoAt)
        expect(at).toBeLessThanOrEqual(await world.clock.now())
      })

      it('reads the lottery as the one waited for has left it', async () => {
        await add(aNewLottery())
        const holder = await hold(world.lotteryWork, async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          const lottery = byDate.get(TODAY) as Lottery
          lottery.issue({ id: ballotId(), userId: userId(), standing: 'active' }, at)
          await lotteries.save(lottery)
        })
        const waiting = lock(TODAY)
        await world.untilWaiting(1)

        await holder.commit()

        expect((await waiting).byDate.get(TODAY)?.state.ballotCount).toBe(1)
      })

      it('takes the locks in date order, whatever order is asked for', async () => {
        await add(aNewLottery(TODAY))
        await add(aNewLottery(TOMORROW))
        const holder = await holdToday()
        const waiting = lock(TOMORROW, TODAY)
        await world.untilWaiting(1)

        const later = await lock(TOMORROW) // it does not hold tomorrow's while it waits for today's

        expect(later.byDate.size).toBe(1)
        await holder.commit()
        expect((await waiting).byDate.size).toBe(2)
      })

      it('holds up nobody who locks another date', async () => {
        await add(aNewLottery(TODAY))
        await add(aNewLottery(TOMORROW))
        const holder = await holdToday()

        expect((await lock(TOMORROW)).byDate.size).toBe(1)

        await holder.rollBack()
      })

      it('holds up no reader', async () => {
        await add(aNewLottery())
        const holder = await holdToday()

        expect(await world.lotteryQueries.find(TODAY)).toBeDefined()

        await holder.rollBack()
      })
    })

    describe('adding a lottery', () => {
      it('stores it with its events', async () => {
        const lottery = aNewLottery()

        expect(await add(lottery)).toBe(true)

        expect(await world.lotteryQueries.find(TODAY)).toEqual(lottery.state)
        expect(await world.outbox()).toEqual([
          {
            aggregate: 'lottery/2026-03-10',
            seq: 1,
            type: 'lottery.created.v1',
            data: { date: TODAY },
            occurredAt: lottery.state.createdAt,
          },
        ])
      })

      it('answers false and stores nothing when the date is taken', async () => {
        await add(aNewLottery())

        expect(await add(Lottery.open(TODAY, instant('2026-03-10T09:00:00Z')))).toBe(false)

        expect((await world.lotteryQueries.find(TODAY))?.createdAt).toBe(aNewLottery().state.createdAt)
        expect(await world.outbox()).toHaveLength(1)
      })

      it.each([
        { end: 'commit', added: false },
        { end: 'rollBack', added: true },
      ] as const)('waits for another who is adding the date: after $end it answers $added', async ({ end, added }) => {
        const other = await hold(world.lotteryWork, ({ lotteries }) => lotteries.add(aNewLottery()))
        const adding = add(aNewLottery())
        await world.untilWaiting(1)

        await other[end]()

        expect(await adding).toBe(added)
        expect(await world.outbox()).toHaveLength(1)
      })
    })

    describe('saving a lottery', () => {
      it('stores everything of it, with gapless events, from one unit of work to the next', async () => {
        await add(aNewLottery())
        await issue(1)
        await issue(2)
        await world.clock.moveTo('2026-03-11T00:00:00Z')

        await world.lotteryWork.run(async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          byDate.get(TODAY)?.seal([1], at)
          await lotteries.save(byDate.get(TODAY) as Lottery)
        })
        const sealed = await world.lotteryQueries.find(TODAY)
        const closed = await world.lotteryWork.run(async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          byDate.get(TODAY)?.close(aBallot({ ordinal: 2 }), at)
          await lotteries.save(byDate.get(TODAY) as Lottery)
          return byDate.get(TODAY)?.state
        })

        expect(sealed).toMatchObject({ status: 'sealed', ballotCount: 2, excluded: [1], winner: null, lastSeq: 2 })
        expect(closed).toMatchObject({ status: 'closed', winner: { ordinal: 2, ballotId: ballotId(2) }, lastSeq: 3 })
        expect(await world.lotteryQueries.find(TODAY)).toEqual(closed)
        expect((await world.outbox()).map(({ seq, type }) => [seq, type])).toEqual([
          [1, 'lottery.created.v1'],
          [2, 'lottery.sealed.v1'],
          [3, 'lottery.closed.v1'],
        ])
      })

      it('leaves neither change nor event when the unit of work is rolled back', async () => {
        await add(aNewLottery())
        await world.clock.moveTo('2026-03-11T00:00:00Z')
        const sealing = await hold(world.lotteryWork, async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          byDate.get(TODAY)?.seal([], at)
          await lotteries.save(byDate.get(TODAY) as Lottery)
        })

        await sealing.rollBack()

        expect((await world.lotteryQueries.find(TODAY))?.status).toBe('open')
        expect(await world.outbox()).toHaveLength(1)
      })
    })
  })
}
