import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { commitmentTo } from '../../src/lottery/domain/entropy.ts'
import { Lottery } from '../../src/lottery/domain/lottery.ts'
import type { LotteryRepos } from '../../src/lottery/domain/lottery-repository.ts'
import {
  aBallot,
  aNewLottery,
  ballotId,
  CAUSE,
  date,
  ENTROPY,
  excluding,
  instant,
  SALT,
  SECRET,
  sealTerms,
  summary,
  TODAY,
  TOMORROW,
  userId,
} from '../support/builders.ts'
import { hold, race } from '../support/holding.ts'
import { ledgerOf } from '../support/ledger.ts'
import type { OpenWorld, World } from './world.ts'

export function lotteryRepositoryContract(open: OpenWorld): void {
  describe('LotteryRepository', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    const add = (lottery: Lottery) => world.lotteryWork.run(({ lotteries }) => lotteries.add(lottery, SECRET))
    const lock = (...dates: CalendarDate[]) => world.lotteryWork.run(({ lotteries }) => lotteries.lock(dates))
    const holdToday = () => hold(world.lotteryWork, ({ lotteries }) => lotteries.lock([TODAY]))

    const secretOf = (day: CalendarDate) => world.lotteryWork.run(({ lotteries }) => lotteries.secretOf(day))
    const lastSeal = () => world.lotteryWork.run(({ lotteries }) => lotteries.lastSeal())

    /** Seals a lottery as the next in the chain, regardless of the clock. */
    const seal = async (day: CalendarDate, { lotteries }: Pick<LotteryRepos, 'lotteries'>) => {
      const lottery = (await lotteries.lock([day])).byDate.get(day) as Lottery
      lottery.sealWith(sealTerms({ last: await lotteries.lastSeal() }), CalendarDate.endOf(day), CAUSE)
      await lotteries.save(lottery)
    }

    let issuedAt: number
    /** Issues a ballot under the lottery's lock. */
    const issue = (ordinal: number) =>
      world.lotteryWork.run(async ({ lotteries }) => {
        const { byDate, at } = await lotteries.lock([TODAY])
        const lottery = byDate.get(TODAY)
        issuedAt = at
        lottery?.issue({ id: ballotId(ordinal), userId: userId(), salt: SALT, standing: 'active' }, at)
        if (lottery) await lotteries.save(lottery)
      })

    describe('locking lotteries', () => {
      it('returns the existing lotteries by date, and omits a date without a lottery', async () => {
        await add(aNewLottery(TODAY))
        await add(aNewLottery(TOMORROW))

        const { byDate } = await lock(TOMORROW, date('2026-03-12'), TODAY, TODAY)

        expect([...byDate.keys()].sort()).toEqual([TODAY, TOMORROW])
        expect(byDate.get(TODAY)?.state).toEqual(aNewLottery(TODAY).state)
        expect(byDate.get(TOMORROW)?.date).toBe(TOMORROW)
      })

      it("reads only the database's clock when no dates are given", async () => {
        await world.clock.moveTo('2026-07-01T08:00:00Z')

        const { byDate, at } = await lock()

        expect(byDate.size).toBe(0)
        expect(at).toBeGreaterThanOrEqual(instant('2026-07-01T08:00:00Z'))
        expect(at).toBeLessThanOrEqual(await world.clock.now())
        expect(Number.isInteger(at)).toBe(true)
      })

      it('waits for the holder of a lock, and reads the clock only after its release', async () => {
        await add(aNewLottery())
        const holder = await holdToday()
        const waiting = lock(TODAY)
        await world.untilWaiting(1)

        await world.clock.advance({ hours: 12 })
        const releasedAt = await world.clock.now()
        await holder.commit()

        const { at } = await waiting
        expect(at).toBeGreaterThanOrEqual(releasedAt)
        expect(at).toBeLessThanOrEqual(await world.clock.now())
      })

      it('reads the changes of the former holder of the lock', async () => {
        await add(aNewLottery())
        const holder = await hold(world.lotteryWork, async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          const lottery = byDate.get(TODAY) as Lottery
          lottery.issue({ id: ballotId(), userId: userId(), salt: SALT, standing: 'active' }, at)
          await lotteries.save(lottery)
        })
        const waiting = lock(TODAY)
        await world.untilWaiting(1)

        await holder.commit()

        expect((await waiting).byDate.get(TODAY)?.head.size).toBe(1)
      })

      it('takes the locks in date order, regardless of the given order', async () => {
        await add(aNewLottery(TODAY))
        await add(aNewLottery(TOMORROW))
        const holder = await holdToday()
        const waiting = lock(TOMORROW, TODAY)
        await world.untilWaiting(1)

        const later = await lock(TOMORROW) // still free while the other transaction waits for today's

        expect(later.byDate.size).toBe(1)
        await holder.commit()
        expect((await waiting).byDate.size).toBe(2)
      })

      it('does not block a lock on another date', async () => {
        await add(aNewLottery(TODAY))
        await add(aNewLottery(TOMORROW))
        const holder = await holdToday()

        expect((await lock(TOMORROW)).byDate.size).toBe(1)

        await holder.rollBack()
      })

      it('does not block readers', async () => {
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
            data: {
              date: TODAY,
              draw: 'lottery-draw-v2',
              prizes: 1,
              entropy: { kind: 'commit-reveal', commitment: Buffer.from(commitmentTo(SECRET)).toString('hex') },
            },
            occurredAt: lottery.state.createdAt,
            cause: CAUSE,
          },
        ])
      })

      it('stores the secret where queries do not return it', async () => {
        await add(aNewLottery())

        expect(await secretOf(TODAY)).toEqual(SECRET)
        expect(await secretOf(TOMORROW)).toBeUndefined()
        const readable = JSON.stringify([await world.lotteryQueries.find(TODAY), await world.outbox()])
        for (const written of [JSON.stringify(SECRET), SECRET.toString('hex'), SECRET.toString('base64')]) {
          expect(readable).not.toContain(written)
        }
      })

      it('stores no secret for a lottery that a beacon will draw', async () => {
        const entropy = { kind: 'drand', chainHash: Buffer.alloc(32, 3), round: 34_196_232 } as const
        const lottery = Lottery.open(TODAY, entropy, instant('2026-03-10T00:00:00Z'), CAUSE)

        await world.lotteryWork.run(({ lotteries }) => lotteries.add(lottery, undefined))

        expect(await secretOf(TODAY)).toBeUndefined()
        expect(await world.lotteryQueries.find(TODAY)).toEqual(lottery.state)
        expect((await world.lotteryQueries.find(TODAY))?.entropy).toEqual(entropy)
      })

      it('keeps the secret of the existing lottery when the date is taken', async () => {
        await add(aNewLottery())

        await world.lotteryWork.run(({ lotteries }) => lotteries.add(aNewLottery(), Buffer.alloc(32, 8)))

        expect(await secretOf(TODAY)).toEqual(SECRET)
      })

      it('stores neither lottery nor secret when the unit of work is rolled back', async () => {
        const adding = await hold(world.lotteryWork, ({ lotteries }) => lotteries.add(aNewLottery(), SECRET))
        const during = await secretOf(TODAY)

        await adding.rollBack()

        expect([during, await secretOf(TODAY)]).toEqual([undefined, undefined])
        expect(await world.lotteryQueries.find(TODAY)).toBeUndefined()
        expect(await world.outbox()).toEqual([])
      })

      it('returns false and stores nothing when the date is taken', async () => {
        await add(aNewLottery())

        expect(await add(Lottery.open(TODAY, ENTROPY, instant('2026-03-10T09:00:00Z'), CAUSE))).toBe(false)

        expect((await world.lotteryQueries.find(TODAY))?.createdAt).toBe(aNewLottery().state.createdAt)
        expect(await world.outbox()).toHaveLength(1)
      })

      it.each([
        { end: 'commit', added: false },
        { end: 'rollBack', added: true },
      ] as const)(
        'waits for another transaction that is adding the date: after its $end it returns $added',
        async ({ end, added }) => {
          const other = await hold(world.lotteryWork, ({ lotteries }) => lotteries.add(aNewLottery(), SECRET))
          const adding = add(aNewLottery())
          await world.untilWaiting(1)

          await other[end]()

          expect(await adding).toBe(added)
          expect(await world.outbox()).toHaveLength(1)
        },
      )
    })

    describe('saving a lottery', () => {
      it('stores its whole state, with gapless events, over several units of work', async () => {
        await add(aNewLottery())
        await issue(1)
        await issue(2)
        await world.clock.moveTo('2026-03-11T00:00:00Z')

        await world.lotteryWork.run(async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          await lotteries.addExclusions(TODAY, excluding(1))
          byDate.get(TODAY)?.sealWith(sealTerms({ excluded: [1], last: await lotteries.lastSeal() }), at, CAUSE)
          await lotteries.save(byDate.get(TODAY) as Lottery)
        })
        const sealed = await world.lotteryQueries.find(TODAY)
        const closed = await world.lotteryWork.run(async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          const lottery = byDate.get(TODAY) as Lottery
          const drawing = lottery.drawing(SECRET)
          for await (const exclusions of lotteries.exclusionsOf(TODAY)) drawing.exclude(exclusions)
          lottery.close(drawing, aBallot({ ordinal: 2 }), at, CAUSE)
          await lotteries.save(lottery)
          return lottery.state
        })

        expect(summary(sealed)).toMatchObject({
          status: 'sealed',
          ballotCount: 2,
          excludedCount: 1,
          winner: null,
          lastSeq: 2,
        })
        expect(summary(closed)).toMatchObject({
          status: 'closed',
          winner: { ordinal: 2, ballotId: ballotId(2) },
          lastSeq: 3,
        })
        expect(await world.lotteryQueries.find(TODAY)).toEqual(closed)
        expect((await world.outbox()).map(({ seq, type }) => [seq, type])).toEqual([
          [1, 'lottery.created.v1'],
          [2, 'lottery.sealed.v1'],
          [3, 'lottery.closed.v1'],
        ])
      })

      it.each([1, 2, 3, 7, 8, 255, 256, 257, 65_535])(
        'keeps the ledger byte for byte when a ballot is added to %i',
        async (size) => {
          const before = Lottery.rehydrate({ ...aNewLottery().state, ledger: ledgerOf(size) })
          await add(before)
          await issue(size + 1)

          before.issue({ id: ballotId(size + 1), userId: userId(), salt: SALT, standing: 'active' }, issuedAt)
          const stored = await world.lotteryQueries.find(TODAY)

          expect(stored?.ledger).toEqual(before.state.ledger)
          expect((await lock(TODAY)).byDate.get(TODAY)?.head).toEqual(before.head)
        },
      )

      it.each([
        { size: 254, kept: [] },
        { size: 255, kept: ['8/0'] },
        { size: 256, kept: [] },
        { size: 511, kept: ['8/1'] },
        { size: 65_534, kept: [] },
        { size: 65_535, kept: ['8/255', '16/0'] },
      ])(
        'stores each full subtree of 256 and 65,536 leaves: the ballot after $size fills $kept',
        async ({ size, kept }) => {
          const before = Lottery.rehydrate({ ...aNewLottery().state, ledger: ledgerOf(size) })
          await add(before)
          await issue(size + 1)

          before.issue({ id: ballotId(size + 1), userId: userId(), salt: SALT, standing: 'active' }, issuedAt)
          const filled = before.takeFilledSubtrees().filter(({ level }) => level === 8 || level === 16)
          const stored = await world.lotteryWork.run(async ({ ballots }) => [
            ...(await ballots.subtrees(TODAY, 8, 0, 1_000)),
            ...(await ballots.subtrees(TODAY, 16, 0, 1_000)),
          ])

          expect(stored.map(({ level, index }) => `${level}/${index}`)).toEqual(kept)
          expect(stored).toEqual(filled)
        },
      )

      it('stores no subtree when the unit of work is rolled back', async () => {
        await add(Lottery.rehydrate({ ...aNewLottery().state, ledger: ledgerOf(255) }))
        const saving = await hold(world.lotteryWork, async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          const lottery = byDate.get(TODAY) as Lottery
          lottery.issue({ id: ballotId(256), userId: userId(), salt: SALT, standing: 'active' }, at)
          await lotteries.save(lottery)
        })

        await saving.rollBack()

        expect(await world.lotteryWork.run(({ ballots }) => ballots.subtrees(TODAY, 8, 0, 9))).toEqual([])
        expect((await world.lotteryQueries.find(TODAY))?.ledger).toEqual(ledgerOf(255))
      })

      it('stores neither change nor event when the unit of work is rolled back', async () => {
        await add(aNewLottery())
        await world.clock.moveTo('2026-03-11T00:00:00Z')
        const sealing = await hold(world.lotteryWork, async ({ lotteries }) => {
          const { byDate, at } = await lotteries.lock([TODAY])
          byDate.get(TODAY)?.sealWith(sealTerms({ last: await lotteries.lastSeal() }), at, CAUSE)
          await lotteries.save(byDate.get(TODAY) as Lottery)
        })

        await sealing.rollBack()

        expect(summary(await world.lotteryQueries.find(TODAY))?.status).toBe('open')
        expect(await world.outbox()).toHaveLength(1)
      })
    })

    describe('the chain of all seals', () => {
      const zeros = Buffer.alloc(32)
      const sealOf = async (day: CalendarDate) => (await world.lotteryQueries.find(day))?.seal

      it('starts with number 0 and a hash of zeros', async () => {
        await add(aNewLottery())

        const { number, hash } = await lastSeal()

        expect([number, Buffer.from(hash)]).toEqual([0, zeros])
      })

      it('links lotteries in the order of their seals, not of their dates', async () => {
        for (const day of [TODAY, TOMORROW]) await add(aNewLottery(day))

        await world.lotteryWork.run((repos) => seal(TOMORROW, repos))
        const between = await lastSeal()
        await world.lotteryWork.run((repos) => seal(TODAY, repos))

        const [first, second] = [await sealOf(TOMORROW), await sealOf(TODAY)]
        expect(first).toMatchObject({ number: 1, previous: zeros })
        expect(between).toEqual({ number: 1, hash: first?.hash })
        expect(second).toMatchObject({ number: 2, previous: first?.hash })
        expect(await lastSeal()).toEqual({ number: 2, hash: second?.hash })
      })

      it.each([
        { end: 'commit', number: 2 },
        { end: 'rollBack', number: 1 },
      ] as const)(
        'makes a seal wait for the one before: after its $end the next number is $number',
        async ({ end, number }) => {
          for (const day of [TODAY, TOMORROW]) await add(aNewLottery(day))
          const first = await hold(world.lotteryWork, (repos) => seal(TODAY, repos))
          const second = world.lotteryWork.run((repos) => seal(TOMORROW, repos))
          await world.untilWaiting(1)

          await first[end]()
          await second

          const previous = end === 'commit' ? (await sealOf(TODAY))?.hash : zeros
          expect(await sealOf(TOMORROW)).toMatchObject({ number, previous })
        },
      )

      it('has neither gap nor fork when 20 lotteries are sealed at once', async () => {
        const days = Array.from({ length: 20 }, (_, n) => CalendarDate.addDays(TODAY, n))
        for (const day of days) await add(aNewLottery(day))

        await race(days.length, (n) => world.lotteryWork.run((repos) => seal(days[n] as CalendarDate, repos)))

        const seals = (await Promise.all(days.map(sealOf))).flatMap((one) => one ?? [])
        const chain = seals.toSorted((a, b) => a.number - b.number)
        expect(chain.map(({ number }) => number)).toEqual(days.map((_, n) => n + 1))
        expect(chain.map(({ previous }) => previous)).toEqual([zeros, ...chain.slice(0, -1).map(({ hash }) => hash)])
      })
    })
  })
}
