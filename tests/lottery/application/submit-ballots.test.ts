import { beforeEach, describe, expect, it } from 'vitest'
import { participantsOf } from '../../../src/composition/contexts.ts'
import { Entropies } from '../../../src/lottery/application/entropies.ts'
import { SubmitBallots } from '../../../src/lottery/application/submit-ballots.ts'
import { QUICKNET } from '../../../src/lottery/domain/entropy.ts'
import type { LotteryRepos } from '../../../src/lottery/domain/lottery-repository.ts'
import { DatabaseUnavailable, OutcomeUnknown } from '../../../src/shared/application/unavailable.ts'
import type { UnitOfWork } from '../../../src/shared/application/unit-of-work.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { BALLOT_IDS } from '../../support/access.ts'
import {
  accepted,
  aSubmit,
  CAUSE,
  date,
  SECRET,
  summary,
  TODAY,
  TOMORROW,
  userId,
  verdict,
  YESTERDAY,
} from '../../support/builders.ts'
import { SIGNER } from '../../support/ledger.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let ada: UserId
let bob: UserId

beforeEach(async () => {
  parts = memoryParts()
  ada = await parts.register()
  bob = await parts.register()
})

describe('submitting a ballot', () => {
  it('opens the lottery of its date with the first ballot', async () => {
    const [outcome] = await submit({ userId: ada, date: TOMORROW })

    expect(accepted(outcome)).toMatchObject({ userId: ada, lotteryDate: TOMORROW, ordinal: 1 })
    expect(await lottery(TOMORROW)).toMatchObject({ status: 'open', ballotCount: 1 })
    expect(parts.outbox.filter(({ aggregate }) => aggregate === `lottery/${TOMORROW}`).map(({ type }) => type)).toEqual(
      ['lottery.created.v1'],
    )
  })

  it("means today, by the database's clock, when it names no date", async () => {
    const ahead = new ManualClock('2026-03-11T00:00:05Z')
    const serviceAhead = submitBallots(parts.stores.lotteries.unitOfWork, ahead)
    parts.clock.moveTo('2026-03-10T23:59:58Z')

    const [outcome] = await serviceAhead.execute([aSubmit({ userId: ada, date: undefined })])

    expect(accepted(outcome).lotteryDate).toBe(TODAY)
    expect(await lottery(TOMORROW)).toBeUndefined()
  })

  it('accepts many ballots of one user', async () => {
    const outcomes = [...(await submit({ userId: ada }, { userId: ada })), ...(await submit({ userId: ada }))]

    expect(outcomes.map((outcome) => accepted(outcome).ordinal)).toEqual([1, 2, 3])
    expect(new Set(outcomes.map((outcome) => accepted(outcome).id)).size).toBe(3)
  })

  it('refuses yesterday, whether or not its lottery was opened', async () => {
    expect((await submit({ userId: ada, date: YESTERDAY })).map(verdict)).toEqual(['lottery_date_past'])

    await submit({ userId: ada, date: TODAY })
    parts.clock.moveTo('2026-03-11T00:00:00Z')

    expect((await submit({ userId: ada, date: TODAY })).map(verdict)).toEqual(['lottery_closed'])
  })

  it('refuses 367 days ahead and accepts 366', async () => {
    const outcomes = await submit({ userId: ada, date: date('2027-03-11') }, { userId: ada, date: date('2027-03-12') })

    expect(outcomes.map(verdict)).toEqual(['accepted', 'lottery_date_too_far'])
    expect(await lottery(date('2027-03-12'))).toBeUndefined()
  })

  it('opens no lottery for a ballot that is refused', async () => {
    await parts.user.banUser.ban(bob, CAUSE)

    const outcomes = await submit({ userId: userId(99) }, { userId: bob })

    expect(outcomes.map(verdict)).toEqual(['user_not_found', 'user_banned'])
    expect(await lottery(TODAY)).toBeUndefined()
  })

  it('is possible again after an unban', async () => {
    await parts.user.banUser.ban(ada, CAUSE)
    await parts.user.banUser.unban(ada, CAUSE)

    expect((await submit({ userId: ada })).map(verdict)).toEqual(['accepted'])
  })
})

describe('submitting a batch of ballots', () => {
  it('returns the outcomes in the order of the commands; a refused ballot fails alone', async () => {
    await parts.user.banUser.ban(bob, CAUSE)

    const outcomes = await submit(
      { userId: ada, date: TOMORROW },
      { userId: bob },
      { userId: ada },
      { userId: ada, date: YESTERDAY },
      { userId: ada, date: TOMORROW },
      { userId: userId(99) },
      { userId: ada, date: undefined },
    )

    expect(outcomes.map(verdict)).toEqual([
      'accepted',
      'user_banned',
      'accepted',
      'lottery_date_past',
      'accepted',
      'user_not_found',
      'accepted',
    ])
    expect(outcomes.filter(({ kind }) => kind === 'accepted').map((outcome) => place(accepted(outcome)))).toEqual([
      `${TOMORROW}/1`,
      `${TODAY}/1`,
      `${TOMORROW}/2`,
      `${TODAY}/2`,
    ])
  })

  it('returns nothing for an empty batch', async () => {
    expect(await submit()).toEqual([])
  })

  it('stores in one commit the same as single submits', async () => {
    const commands = [{ userId: ada }, { userId: bob }, { userId: ada, date: TOMORROW }]
    const single = memoryParts()
    const [a, b] = [await single.register(), await single.register()]
    for (const { userId: user, ...rest } of commands) {
      await single.lottery.submitBallots.execute([aSubmit({ ...rest, userId: user === ada ? a : b })])
    }

    await submit(...commands)

    expect([...parts.stores.lotteries.lotteries.rows.values()].map(summary)).toEqual(
      [...single.stores.lotteries.lotteries.rows.values()].map(summary),
    )
    expect([...parts.stores.lotteries.ballots.rows.keys()].sort()).toEqual(
      [...single.stores.lotteries.ballots.rows.keys()].sort(),
    )
  })
})

describe('the checkpoint of an accepted ballot', () => {
  it('covers the ledger after the commit, one for every lottery of the batch', async () => {
    const outcomes = await submit({ userId: ada }, { userId: bob, date: TOMORROW }, { userId: bob })

    const notes = outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.checkpoint : ''))
    expect(notes.map((note) => note.split('\n').slice(0, 2))).toEqual([
      ['lottery.local/2026-03-10', '2'],
      ['lottery.local/2026-03-11', '1'],
      ['lottery.local/2026-03-10', '2'],
    ])
    expect(notes[2]).toBe(notes[0])
    expect(notes[0]).toBe((await parts.lottery.readLedger.checkpoint(TODAY)).note)
    expect(notes[1]).toBe((await parts.lottery.readLedger.checkpoint(TOMORROW)).note)
  })

  it('covers the current ledger when a retry returns the ballot again', async () => {
    await submit({ userId: ada, idempotencyKey: 'k' })
    await submit({ userId: bob })

    const [again] = await submit({ userId: ada, idempotencyKey: 'k' })

    expect(again).toMatchObject({ replayed: true, checkpoint: (await parts.lottery.readLedger.checkpoint(TODAY)).note })
  })

  it('is not signed when the commit had no answer', async () => {
    await submit({ userId: bob })

    await expect(submitLosingEveryCommit('not stored', { userId: ada })).rejects.toThrow(OutcomeUnknown)

    expect((await parts.lottery.readLedger.checkpoint(TODAY)).note).toMatch(/^lottery\.local\/2026-03-10\n1\n/)
  })
})

describe('rule 4: an acknowledged ballot is durable', () => {
  it('acknowledges no ballot when the commit was not stored, and stores nothing', async () => {
    await parts.lottery.createLottery.execute(TODAY, CAUSE)

    const lost = submitLosingEveryCommit('not stored', { userId: ada }, { userId: bob })

    await expect(lost).rejects.toThrow(OutcomeUnknown)

    expect(await lottery(TODAY)).toMatchObject({ ballotCount: 0 })
    expect(parts.stores.lotteries.ballots.rows.size).toBe(0)
  })

  it('acknowledges no ballot when the commit was stored without an answer, and the retry returns the ballot', async () => {
    await parts.lottery.createLottery.execute(TODAY, CAUSE)
    const lost = submitLosingEveryCommit('stored', { userId: ada, idempotencyKey: 'k' })
    await expect(lost).rejects.toThrow(OutcomeUnknown)

    const [outcome] = await submit({ userId: ada, idempotencyKey: 'k' })

    expect(verdict(outcome)).toBe('replayed')
    expect(accepted(outcome).ordinal).toBe(1)
    expect(await lottery(TODAY)).toMatchObject({ ballotCount: 1 })
  })

  it('fails with DatabaseUnavailable while the database is unavailable', async () => {
    parts.database.unavailable = true

    await expect(submit({ userId: ada })).rejects.toThrow(DatabaseUnavailable)
  })
})

describe('rule 10: the same Idempotency-Key by the same user for the same date is the same ballot', () => {
  it('returns the first ballot again, within a batch and after it', async () => {
    const key = { userId: ada, idempotencyKey: 'once' }

    const outcomes = [...(await submit(key, { userId: bob }, key)), ...(await submit(key))]

    expect(outcomes.map(verdict)).toEqual(['accepted', 'accepted', 'replayed', 'replayed'])
    expect(accepted(outcomes[2])).toEqual(accepted(outcomes[0]))
    expect(accepted(outcomes[3])).toEqual(accepted(outcomes[0]))
    expect(await lottery(TODAY)).toMatchObject({ ballotCount: 2 })
  })

  it('makes another ballot for another user, date or key', async () => {
    const outcomes = await submit(
      { userId: ada, idempotencyKey: 'k' },
      { userId: bob, idempotencyKey: 'k' },
      { userId: ada, idempotencyKey: 'k', date: TOMORROW },
      { userId: ada, idempotencyKey: 'K' },
    )

    expect(outcomes.map(verdict)).toEqual(['accepted', 'accepted', 'accepted', 'accepted'])
  })

  it('holds after a ban, after the end of the day and after the close', async () => {
    const key = { userId: ada, idempotencyKey: 'once' }
    const [original] = await submit(key)
    const verdicts: string[] = []

    await parts.user.banUser.ban(ada, CAUSE)
    verdicts.push(...(await submit(key)).map(verdict))
    parts.clock.moveTo('2026-03-11T00:00:00Z')
    verdicts.push(...(await submit(key)).map(verdict))
    await parts.lottery.closeLottery.execute(TODAY, CAUSE)
    const [last] = await submit(key)

    expect(verdicts).toEqual(['replayed', 'replayed'])
    expect(last).toEqual({ ...original, replayed: true })
  })

  it('keeps a key free until a ballot is accepted under it: refusals are not remembered', async () => {
    await parts.user.banUser.ban(ada, CAUSE)
    const [refused] = await submit({ userId: ada, idempotencyKey: 'k' })
    await parts.user.banUser.unban(ada, CAUSE)

    const [outcome] = await submit({ userId: ada, idempotencyKey: 'k' })

    expect(verdict(refused)).toBe('user_banned')
    expect(verdict(outcome)).toBe('accepted')
  })
})

function submit(...commands: Parameters<typeof aSubmit>[0][]) {
  return parts.lottery.submitBallots.execute(commands.map(aSubmit))
}

/** Submits a batch while every COMMIT, retries included, has no answer. */
function submitLosingEveryCommit(how: 'stored' | 'not stored', ...commands: Parameters<typeof aSubmit>[0][]) {
  const { clock, database, stores } = parts
  const unitOfWork: UnitOfWork<LotteryRepos> = {
    run: (work) => {
      database.failNextCommit(how)
      return stores.lotteries.unitOfWork.run(work)
    },
  }
  return submitBallots(unitOfWork, clock).execute(commands.map(aSubmit))
}

function submitBallots(unitOfWork: UnitOfWork<LotteryRepos>, clock: ManualClock): SubmitBallots {
  const participants = participantsOf(parts.user)
  const entropies = new Entropies('commit-reveal', QUICKNET, () => SECRET)
  return new SubmitBallots(participants, unitOfWork, BALLOT_IDS, entropies, SIGNER, clock)
}

async function lottery(day = TODAY) {
  return summary(await parts.stores.lotteries.queries.find(day))
}

function place({ lotteryDate, ordinal }: { lotteryDate: string; ordinal: number }): string {
  return `${lotteryDate}/${ordinal}`
}
