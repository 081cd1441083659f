import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SubmitBallots } from '../../src/lottery/application/submit-ballots.ts'
import { Entropies, type LotteryRepos, QUICKNET, uuidBallotIds } from '../../src/lottery/index.ts'
import {
  ConnectionLost,
  DatabaseUnavailable,
  OutcomeUnknown,
  type UnitOfWork,
} from '../../src/shared/application/unit-of-work.ts'
import { accepted, aNewLottery, aSubmit, aUser, SECRET, TODAY, TOMORROW, userId, verdict } from '../support/builders.ts'
import { SIGNER } from '../support/ledger.ts'
import { ManualClock } from '../support/manual-clock.ts'
import type { OpenWorld, World } from './world.ts'

/** What becomes of ballots when the way to the database breaks while they are submitted, on every adapter. */
export function submittingAgainContract(open: OpenWorld): void {
  describe('submits whose connection breaks', () => {
    let world: World
    let runs: number
    beforeEach(async () => {
      world = await open()
      runs = 0
      for (const id of [userId(1), userId(2)]) await world.userWork.run(({ users }) => users.add(aUser({ id })))
      for (const day of [TODAY, TOMORROW]) {
        await world.lotteryWork.run(({ lotteries }) => lotteries.add(aNewLottery(day), SECRET))
      }
    })
    afterEach(() => world.close())

    /** `before` runs ahead of each unit of work, with its number from 1. */
    const submit = (before: (run: number) => void | Promise<void>, clock = new ManualClock()) => {
      const watched: UnitOfWork<LotteryRepos> = {
        run: async (work) => {
          runs += 1
          await before(runs)
          return world.lotteryWork.run(work)
        },
      }
      const entropies = new Entropies('commit-reveal', QUICKNET, () => SECRET)
      return new SubmitBallots(world.participants, watched, uuidBallotIds, entropies, SIGNER, clock).execute([
        aSubmit(),
        aSubmit({ userId: userId(2), idempotencyKey: 'k' }),
        aSubmit({ date: TOMORROW }),
        aSubmit({ userId: userId(9) }),
        aSubmit({ date: undefined }),
      ])
    }
    const stored = async () => [
      ...(await world.lotteryQueries.ballots({ date: TODAY, after: 0, limit: 9 })),
      ...(await world.lotteryQueries.ballots({ date: TOMORROW, after: 0, limit: 9 })),
    ]
    const first = (fault: () => void) => (run: number) => {
      if (run === 1) fault()
    }

    it.each([
      { lost: 'the answer to a COMMIT that was stored', fault: () => world.failNextCommit('stored'), key: 'replayed' },
      { lost: 'a COMMIT that was not stored', fault: () => world.failNextCommit('not stored'), key: 'accepted' },
      { lost: 'the connection before that', fault: () => world.loseNextConnection(), key: 'accepted' },
    ])('are stored once and answered all the same: $lost', async ({ fault, key }) => {
      const outcomes = await submit(first(fault))

      expect(outcomes.map(verdict)).toEqual(['accepted', key, 'accepted', 'user_not_found', 'accepted'])
      expect(runs).toBe(2)
      const [one, two, tomorrow, , three] = outcomes
      expect(await stored()).toEqual([one, two, three, tomorrow].map(accepted))
      expect((await stored()).map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 1])
      expect((await world.lotteryQueries.find(TODAY))?.ledger.size).toBe(3)
      expect(outcomes[0]).toMatchObject({ checkpoint: expect.stringMatching(/^lottery\.local\/2026-03-10\n3\n/) })
    })

    it.each([
      { how: 'stored', before: 4 },
      { how: 'not stored', before: 0 },
    ] as const)(
      'are outcome_unknown when the second COMMIT has no answer either, and there once or not at all: $how',
      async ({ how, before }) => {
        const submitted = submit(() => world.failNextCommit(how))

        await expect(submitted).rejects.toThrow(OutcomeUnknown)
        expect(runs).toBe(2)
        expect(await stored()).toHaveLength(before)
      },
    )

    it('are outcome_unknown when the first COMMIT had no answer and the second try does not get through', async () => {
      const submitted = submit((run) => (run === 1 ? world.failNextCommit('stored') : world.loseNextConnection()))

      await expect(submitted).rejects.toThrow(OutcomeUnknown)
      expect(await stored()).toHaveLength(4)
    })

    it('are database_unavailable when both connections break before anything is stored', async () => {
      const submitted = submit(() => world.loseNextConnection())

      await expect(submitted).rejects.toThrow(ConnectionLost)
      await expect(submitted).rejects.toMatchObject({ code: 'database_unavailable' })
      expect(runs).toBe(2)
      expect(await stored()).toEqual([])
    })

    it('are not tried again after anything else', async () => {
      const submitted = submit(() => {
        throw new DatabaseUnavailable()
      })

      await expect(submitted).rejects.toThrow(DatabaseUnavailable)
      expect(runs).toBe(1)
    })

    it('are looked for on the day that they were for, though it ends between the two tries', async () => {
      const clock = new ManualClock('2026-03-09T12:00:00Z') // a day behind: the first run only learns what day it is

      const outcomes = await submit(async (run) => {
        if (run === 2) world.failNextCommit('stored')
        if (run === 3) await world.clock.moveTo('2026-03-11T00:00:00Z')
      }, clock)

      expect(runs).toBe(3)
      expect(outcomes.map(verdict)).toEqual(['accepted', 'replayed', 'accepted', 'user_not_found', 'accepted'])
      expect((await stored()).map(({ lotteryDate }) => lotteryDate)).toEqual([TODAY, TODAY, TODAY, TOMORROW])
    })
  })
}
