import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Ballot } from '../../src/lottery/domain/ballot.ts'
import { aBallot, aNewLottery, ballotId, date, TODAY, TOMORROW, userId } from '../support/builders.ts'
import type { OpenWorld, World } from './world.ts'

export function ballotRepositoryContract(open: OpenWorld): void {
  describe('BallotRepository', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
      for (const day of [TODAY, TOMORROW, date('2026-04-01')]) {
        await world.lotteryWork.run(({ lotteries }) => lotteries.add(aNewLottery(day)))
      }
    })
    afterEach(() => world.close())

    const add = (...added: Ballot[]) => world.lotteryWork.run(({ ballots }) => ballots.add(added))

    describe('adding ballots', () => {
      it('stores all of them, of several lotteries and months', async () => {
        const added = [
          aBallot({ ordinal: 1 }),
          aBallot({ ordinal: 2, userId: userId(2) }),
          aBallot({ ordinal: 1, lotteryDate: date('2026-04-01'), id: ballotId(9) }),
        ]

        await add(...added)

        for (const ballot of added) {
          expect(await world.lotteryQueries.ballotAt(ballot.lotteryDate, ballot.ordinal)).toEqual(ballot)
        }
      })

      it('of an empty list changes nothing', async () => {
        await add()

        expect(await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })).toEqual([])
      })

      it.each([
        { twice: 'ordinal', second: aBallot({ id: ballotId(2) }) },
        { twice: 'id', second: aBallot({ ordinal: 2, id: ballotId(1) }) },
      ])('stores none of them when a lottery would have the same $twice twice', async ({ second }) => {
        await add(aBallot())

        await expect(add(aBallot({ ordinal: 3 }), second)).rejects.toThrow()

        expect(await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })).toEqual([aBallot()])
      })
    })

    describe('finding ballots', () => {
      it('answers those of the ids that have a ballot in the lottery of that date', async () => {
        await add(aBallot({ ordinal: 1 }), aBallot({ ordinal: 2 }), aBallot({ ordinal: 3, lotteryDate: TOMORROW }))

        const found = await world.lotteryWork.run(({ ballots }) =>
          ballots.find(TODAY, [ballotId(2), ballotId(3), ballotId(4)]),
        )

        expect(found).toEqual([aBallot({ ordinal: 2 })])
      })

      it('answers nothing to no ids', async () => {
        await add(aBallot())

        expect(await world.lotteryWork.run(({ ballots }) => ballots.find(TODAY, []))).toEqual([])
      })

      it('answers the ballot at an ordinal, and undefined where there is none', async () => {
        await add(aBallot({ ordinal: 1 }))

        const at = await world.lotteryWork.run(async ({ ballots }) => [
          await ballots.at(TODAY, 1),
          await ballots.at(TODAY, 2),
          await ballots.at(TODAY, 0),
          await ballots.at(TOMORROW, 1),
        ])

        expect(at).toEqual([aBallot({ ordinal: 1 }), undefined, undefined, undefined])
      })

      it("answers all ordinals of some users' ballots in one lottery, ascending", async () => {
        const users = [3, 1, 2, 3, 1, 2, 1, 2, 3, 3, 1] // the n-th ballot's user; more than nine: 10 sorts after 9
        const added = users.map((n, index) => aBallot({ ordinal: index + 1, userId: userId(n) }))
        await add(...added.toReversed(), aBallot({ lotteryDate: TOMORROW, userId: userId(1), id: ballotId(99) }))

        const { ofTwo, ofNobody } = await world.lotteryWork.run(async ({ ballots }) => ({
          ofTwo: await ballots.ordinalsOf(TODAY, [userId(1), userId(3), userId(7)]),
          ofNobody: await ballots.ordinalsOf(TODAY, []),
        }))

        expect(ofTwo).toEqual([1, 2, 4, 5, 7, 9, 10, 11])
        expect(ofNobody).toEqual([])
      })
    })
  })
}
