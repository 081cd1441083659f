import { beforeEach, describe, expect, it } from 'vitest'
import {
  BallotNotFound,
  LotteryAlreadyExists,
  LotteryDatePast,
  LotteryDateTooFar,
  LotteryNotClosed,
  LotteryNotFound,
  LotteryWithoutWinner,
  ParticipantUnknown,
} from '../../../src/lottery/domain/errors.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import {
  accepted,
  aSubmit,
  ballotId,
  CAUSE,
  date,
  summary,
  TODAY,
  TOMORROW,
  userId,
  YESTERDAY,
} from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let ada: UserId

beforeEach(async () => {
  parts = memoryParts()
  ada = await parts.register()
})

describe('creating a lottery', () => {
  it('opens it for its whole day', async () => {
    const lottery = await parts.lotteries.createLottery.execute(TODAY, CAUSE)

    expect(summary(lottery)).toMatchObject({ date: TODAY, status: 'open', ballotCount: 0, lastSeq: 1 })
    expect(await parts.lotteries.findLottery.execute(TODAY)).toEqual(lottery)
  })

  it('refuses a second one of the same day, and leaves the first as it is', async () => {
    await parts.submitBallots.execute([aSubmit({ userId: ada })])
    const before = await parts.lotteries.findLottery.execute(TODAY)

    await expect(parts.lotteries.createLottery.execute(TODAY, CAUSE)).rejects.toThrow(LotteryAlreadyExists)

    expect(await parts.lotteries.findLottery.execute(TODAY)).toEqual(before)
  })

  it('refuses the past and what is more than 366 days ahead', async () => {
    const { createLottery } = parts.lotteries

    await expect(createLottery.execute(YESTERDAY, CAUSE)).rejects.toThrow(LotteryDatePast)
    await expect(createLottery.execute(date('2027-03-12'), CAUSE)).rejects.toThrow(LotteryDateTooFar)
    expect(summary(await createLottery.execute(date('2027-03-11'), CAUSE))).toMatchObject({ status: 'open' })
  })
})

describe('looking up the winner', () => {
  it('finds the winning ballot, the same one every time', async () => {
    const outcomes = await parts.submitBallots.execute([aSubmit({ userId: ada }), aSubmit({ userId: ada })])
    await parts.letWin(TODAY, 2)
    parts.clock.moveTo('2026-03-11T00:00:00Z')
    await parts.lotteries.closeLottery.execute(TODAY, CAUSE)

    expect(await parts.lotteries.findWinner.execute(TODAY)).toEqual(accepted(outcomes[1]))
    expect(await parts.lotteries.findWinner.execute(TODAY)).toEqual(accepted(outcomes[1]))
  })

  it('tells an unknown date, an undrawn lottery and one without a winner apart', async () => {
    const { createLottery, closeLottery, findWinner } = parts.lotteries

    await expect(findWinner.execute(TODAY)).rejects.toThrow(LotteryNotFound)
    await createLottery.execute(TODAY, CAUSE)
    await expect(findWinner.execute(TODAY)).rejects.toThrow(LotteryNotClosed)
    parts.clock.moveTo('2026-03-11T00:00:00Z')
    await expect(findWinner.execute(TODAY)).rejects.toThrow(LotteryNotClosed)
    await closeLottery.execute(TODAY, CAUSE)
    await expect(findWinner.execute(TODAY)).rejects.toThrow(LotteryWithoutWinner)
  })
})

describe('looking up ballots', () => {
  it('finds one by its date and id', async () => {
    const [outcome] = await parts.submitBallots.execute([aSubmit({ userId: ada })])
    const { id } = accepted(outcome)

    expect(await parts.ballots.findBallot.execute(TODAY, id)).toEqual(accepted(outcome))
    await expect(parts.ballots.findBallot.execute(TODAY, ballotId(99))).rejects.toThrow(BallotNotFound)
    await expect(parts.ballots.findBallot.execute(TOMORROW, id)).rejects.toThrow(LotteryNotFound)
  })

  it('lists those of a lottery by ordinal', async () => {
    await parts.submitBallots.execute([1, 2, 3, 4].map(() => aSubmit({ userId: ada })))

    const page = await parts.ballots.listBallots.ofLottery({ date: TODAY, after: 1, limit: 2 })

    expect(page.map(({ ordinal }) => ordinal)).toEqual([2, 3])
    await expect(parts.ballots.listBallots.ofLottery({ date: TOMORROW, after: 0, limit: 2 })).rejects.toThrow(
      LotteryNotFound,
    )
  })

  it('lists those of a user, banned or not, newest date first', async () => {
    const bob = await parts.register()
    await parts.submitBallots.execute(
      [ada, bob, ada].flatMap((user) => [aSubmit({ userId: user }), aSubmit({ userId: user, date: TOMORROW })]),
    )
    await parts.users.banUser.ban(ada, CAUSE)

    const all = await parts.ballots.listBallots.ofUser({ userId: ada, limit: 10 })
    const rest = await parts.ballots.listBallots.ofUser({
      userId: ada,
      limit: 10,
      before: { date: TOMORROW, ordinal: 1 },
    })

    expect(all.map(({ lotteryDate, ordinal }) => [lotteryDate, ordinal])).toEqual([
      [TOMORROW, 3],
      [TOMORROW, 1],
      [TODAY, 3],
      [TODAY, 1],
    ])
    expect(rest).toEqual(all.slice(2))
    await expect(parts.ballots.listBallots.ofUser({ userId: userId(99), limit: 1 })).rejects.toThrow(ParticipantUnknown)
  })
})
