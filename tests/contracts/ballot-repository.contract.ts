import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CompactRange, rootFromInclusion } from '../../src/ledger/domain/merkle-tree.ts'
import type { Ballot } from '../../src/lottery/domain/ballot.ts'
import { ballotLeafOf, ledgerEntryOf } from '../../src/lottery/domain/ledger-entry.ts'
import { LedgerProofs } from '../../src/lottery/domain/ledger-proofs.ts'
import type { Lottery } from '../../src/lottery/domain/lottery.ts'
import {
  aBallot,
  aNewLottery,
  ballotId,
  date,
  excluding,
  NOON,
  SECRET,
  TODAY,
  TOMORROW,
  userId,
} from '../support/builders.ts'
import type { OpenWorld, World } from './world.ts'

export function ballotRepositoryContract(open: OpenWorld): void {
  describe('BallotRepository', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
      for (const day of [TODAY, TOMORROW, date('2026-04-01')]) {
        await world.lotteryWork.run(({ lotteries }) => lotteries.add(aNewLottery(day), SECRET))
      }
    })
    afterEach(() => world.close())

    const add = (...added: Ballot[]) => world.lotteryWork.run(({ ballots }) => ballots.add(added))

    describe('adding ballots', () => {
      it('stores all ballots of a batch, over several lotteries and months', async () => {
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

      it('changes nothing when the batch is empty', async () => {
        await add()

        expect(await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })).toEqual([])
      })

      it.each([
        { twice: 'ordinal', second: aBallot({ id: ballotId(2) }) },
        { twice: 'id', second: aBallot({ ordinal: 2, id: ballotId(1) }) },
      ])('stores no ballot of a batch that would repeat the $twice of a stored ballot', async ({ second }) => {
        await add(aBallot())

        await expect(add(aBallot({ ordinal: 3 }), second)).rejects.toThrow()

        expect(await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })).toEqual([aBallot()])
      })
    })

    describe('finding ballots', () => {
      it('returns the ballots among the given ids that are in the lottery of the given date', async () => {
        await add(aBallot({ ordinal: 1 }), aBallot({ ordinal: 2 }), aBallot({ ordinal: 3, lotteryDate: TOMORROW }))

        const found = await world.lotteryWork.run(({ ballots }) =>
          ballots.find(TODAY, [ballotId(2), ballotId(3), ballotId(4)]),
        )

        expect(found).toEqual([aBallot({ ordinal: 2 })])
      })

      it('returns nothing for no ids', async () => {
        await add(aBallot())

        expect(await world.lotteryWork.run(({ ballots }) => ballots.find(TODAY, []))).toEqual([])
      })

      it('returns the ballot at an ordinal, or undefined', async () => {
        await add(aBallot({ ordinal: 1 }))

        const at = await world.lotteryWork.run(async ({ ballots }) => [
          await ballots.at(TODAY, 1),
          await ballots.at(TODAY, 2),
          await ballots.at(TODAY, 0),
          await ballots.at(TOMORROW, 1),
        ])

        expect(at).toEqual([aBallot({ ordinal: 1 }), undefined, undefined, undefined])
      })

      it('returns the highest ordinal of one lottery, or none when it has no ballots', async () => {
        await add(aBallot({ ordinal: 2 }), aBallot({ ordinal: 11, id: ballotId(11) }))

        const [last, none] = await world.lotteryWork.run(async ({ ballots }) => [
          await ballots.lastOrdinal(TODAY),
          await ballots.lastOrdinal(TOMORROW),
        ])

        expect(last).toBe(11)
        expect(none).toBeUndefined()
      })

      it("returns all ballots of banned users in one lottery, ascending, each with its user's ban", async () => {
        // User of each ballot. There are more than nine ballots, because ordinal 10 must sort after 9.
        const users = [3, 1, 2, 3, 1, 2, 1, 2, 3, 3, 1]
        const added = users.map((n, index) => aBallot({ ordinal: index + 1, userId: userId(n) }))
        await add(...added.toReversed(), aBallot({ lotteryDate: TOMORROW, userId: userId(1), id: ballotId(99) }))

        const [banOfOne, banOfThree, banOfSeven] = excluding(1, 3, 7).map(({ eventId }) => eventId) as [
          string,
          string,
          string,
        ]
        const bans = [
          { userId: userId(1), eventId: banOfOne },
          { userId: userId(3), eventId: banOfThree },
          { userId: userId(7), eventId: banOfSeven },
        ]
        const { ofTwoUsers, ofNoUsers } = await world.lotteryWork.run(async ({ ballots }) => ({
          ofTwoUsers: (await Array.fromAsync(ballots.ofBanned(TODAY, bans))).flat(),
          ofNoUsers: (await Array.fromAsync(ballots.ofBanned(TODAY, []))).flat(),
        }))

        expect(ofTwoUsers.map(({ ordinal }) => ordinal)).toEqual([1, 2, 4, 5, 7, 9, 10, 11])
        for (const { ordinal, eventId } of ofTwoUsers) {
          expect(eventId).toBe(users[ordinal - 1] === 1 ? banOfOne : banOfThree)
        }
        expect(ofNoUsers).toEqual([])
      })
    })

    describe('reading a ledger', () => {
      const SIZE = 257
      const all = Array.from({ length: SIZE }, (_, n) => aBallot({ ordinal: n + 1, salt: Buffer.alloc(16, n) }))

      /** Stores the ballots of one lottery with the subtrees that they fill. */
      const fill = () =>
        world.lotteryWork.run(async ({ lotteries, ballots }) => {
          const lottery = (await lotteries.lock([TODAY])).byDate.get(TODAY) as Lottery
          for (const { id, userId: by, salt } of all) lottery.issue({ id, userId: by, salt, standing: 'active' }, NOON)
          await ballots.add(all.toReversed())
          await lotteries.save(lottery)
          return lottery.state.ledger
        })
      beforeEach(async () => {
        await add(aBallot({ ordinal: 1, lotteryDate: TOMORROW, id: ballotId(999) }))
      })

      it.each([
        [1, 1],
        [255, 257],
        [256, 256],
        [1, 257],
        [257, 300],
        [258, 300],
        [2, 1],
      ])('returns the entries of the ordinals %i to %i, both included, in order', async (from, to) => {
        await fill()

        const entries = await world.lotteryWork.run(({ ballots }) => ballots.entries(TODAY, from, to))

        expect(entries).toEqual(
          all.slice(from - 1, to).map((ballot) => ({ ordinal: ballot.ordinal, entry: ledgerEntryOf(ballot) })),
        )
      })

      it('returns the subtree that 256 ballots fill, for its own lottery and level only', async () => {
        const { hashes } = await fill()

        const [found, others] = await world.lotteryWork.run(async ({ ballots }) => [
          await ballots.subtrees(TODAY, 8, 0, 5),
          [
            ...(await ballots.subtrees(TODAY, 8, 1, 5)),
            ...(await ballots.subtrees(TODAY, 16, 0, 5)),
            ...(await ballots.subtrees(TOMORROW, 8, 0, 5)),
          ],
        ])

        expect(found).toEqual([{ level: 8, index: 0, hash: hashes[0] }])
        expect(others).toEqual([])
      })

      it.each([1, 255, 256, 257])('proves that ballot %i is in the ledger', async (ordinal) => {
        const { hashes } = await fill()
        const root = new CompactRange(SIZE, hashes).root

        const proven = await world.lotteryWork.run(({ ballots }) =>
          new LedgerProofs(ballots).inclusion(TODAY, ordinal, SIZE),
        )

        const leaf = ballotLeafOf(all[ordinal - 1] as Ballot)
        expect(proven.root).toEqual(root)
        expect(rootFromInclusion(leaf, ordinal - 1, SIZE, proven.proof)).toEqual(root)
      })
    })
  })
}
