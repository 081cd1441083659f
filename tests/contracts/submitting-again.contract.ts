import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Entropies } from '../../src/lottery/application/entropies.ts'
import { SubmitBallots } from '../../src/lottery/application/submit-ballots.ts'
import type { BallotIds } from '../../src/lottery/domain/ballot.ts'
import { QUICKNET } from '../../src/lottery/domain/entropy.ts'
import type { LotteryRepos } from '../../src/lottery/domain/lottery-repository.ts'
import { ConnectionLost, DatabaseUnavailable, OutcomeUnknown } from '../../src/shared/application/unavailable.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import { BALLOT_IDS } from '../support/access.ts'
import { accepted, aNewLottery, aSubmit, aUser, SECRET, TODAY, TOMORROW, userId, verdict } from '../support/builders.ts'
import { SIGNER } from '../support/ledger.ts'
import { ManualClock } from '../support/manual-clock.ts'
import type { OpenWorld, World } from './world.ts'

/** Contract of submits whose connection to the database breaks, for every adapter. */
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

    /** Submits a batch of five. `before` runs before each unit of work, with its number from 1. */
    const submit = (before: (run: number) => void | Promise<void>, clock = new ManualClock()) => {
      const watched: UnitOfWork<LotteryRepos> = {
        run: async (work) => {
          runs += 1
          await before(runs)
          return world.lotteryWork.run(work)
        },
      }
      const entropies = new Entropies('commit-reveal', QUICKNET, () => SECRET)
      return new SubmitBallots(world.participants, watched, BALLOT_IDS, entropies, SIGNER, clock).execute([
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
      { lost: 'the connection before the COMMIT', fault: () => world.loseNextConnection(), key: 'accepted' },
    ])('are stored once and get their outcomes after the loss of $lost', async ({ fault, key }) => {
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
      'fail as outcome_unknown when the second COMMIT has no answer either, and are stored once or not at all: $how',
      async ({ how, before }) => {
        const submitted = submit(() => world.failNextCommit(how))

        await expect(submitted).rejects.toThrow(OutcomeUnknown)
        expect(runs).toBe(2)
        expect(await stored()).toHaveLength(before)
      },
    )

    it('fail as outcome_unknown when the first COMMIT had no answer and the retry loses its connection', async () => {
      const submitted = submit((run) => (run === 1 ? world.failNextCommit('stored') : world.loseNextConnection()))

      await expect(submitted).rejects.toThrow(OutcomeUnknown)
      expect(await stored()).toHaveLength(4)
    })

    it('fail as database_unavailable when both connections break before anything is stored', async () => {
      const submitted = submit(() => world.loseNextConnection())

      await expect(submitted).rejects.toThrow(ConnectionLost)
      await expect(submitted).rejects.toMatchObject({ code: 'database_unavailable' })
      expect(runs).toBe(2)
      expect(await stored()).toEqual([])
    })

    it('are not retried after any other error', async () => {
      const submitted = submit(() => {
        throw new DatabaseUnavailable()
      })

      await expect(submitted).rejects.toThrow(DatabaseUnavailable)
      expect(runs).toBe(1)
    })

    it('are looked up on their own day, even when that day ends before the retry', async () => {
      const clock = new ManualClock('2026-03-09T12:00:00Z') // a day behind: the first run only reads the date

      const outcomes = await submit(async (run) => {
        if (run === 2) world.failNextCommit('stored')
        if (run === 3) await world.clock.moveTo('2026-03-11T00:00:00Z')
      }, clock)

      expect(runs).toBe(3)
      expect(outcomes.map(verdict)).toEqual(['accepted', 'replayed', 'accepted', 'user_not_found', 'accepted'])
      expect((await stored()).map(({ lotteryDate }) => lotteryDate)).toEqual([TODAY, TODAY, TODAY, TOMORROW])
    })

    it('find the ballot of a key that was stored when ids were plain hashes', async () => {
      const former: BallotIds = {
        ...BALLOT_IDS,
        derive: (userId, date, key) => BALLOT_IDS.formerlyDerived(userId, date, key),
      }
      const entropies = new Entropies('commit-reveal', QUICKNET, () => SECRET)
      const keyed = [aSubmit({ idempotencyKey: 'k' })]
      const submitWith = (ids: BallotIds) =>
        new SubmitBallots(world.participants, world.lotteryWork, ids, entropies, SIGNER, new ManualClock()).execute(
          keyed,
        )

      const [before] = await submitWith(former)
      const [after] = await submitWith(BALLOT_IDS)

      expect([before, after].map(verdict)).toEqual(['accepted', 'replayed'])
      expect(accepted(after)).toEqual(accepted(before))
      expect(await stored()).toHaveLength(1)
    })
  })
}
