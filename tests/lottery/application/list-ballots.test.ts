import { beforeEach, describe, expect, it } from 'vitest'
import { BallotNotFound, LotteryNotFound, ParticipantUnknown } from '../../../src/lottery/domain/errors.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, ballotId, CAUSE, TODAY, TOMORROW, userId } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let ada: UserId

beforeEach(async () => {
  parts = memoryParts()
  ada = await parts.register()
})

describe('looking up ballots', () => {
  it('finds a ballot by its date and id', async () => {
    const [outcome] = await parts.lottery.submitBallots.execute([aSubmit({ userId: ada })])
    const { id } = accepted(outcome)

    expect(await parts.lottery.findBallot.execute(TODAY, id)).toEqual(accepted(outcome))
    await expect(parts.lottery.findBallot.execute(TODAY, ballotId(99))).rejects.toThrow(BallotNotFound)
    await expect(parts.lottery.findBallot.execute(TOMORROW, id)).rejects.toThrow(LotteryNotFound)
  })

  it('lists the ballots of a lottery by ordinal', async () => {
    await parts.lottery.submitBallots.execute([1, 2, 3, 4].map(() => aSubmit({ userId: ada })))

    const page = await parts.lottery.listBallots.ofLottery({ date: TODAY, after: 1, limit: 2 })

    expect(page.map(({ ordinal }) => ordinal)).toEqual([2, 3])
    await expect(parts.lottery.listBallots.ofLottery({ date: TOMORROW, after: 0, limit: 2 })).rejects.toThrow(
      LotteryNotFound,
    )
  })

  it('lists the ballots of a user, banned or not, newest date first', async () => {
    const bob = await parts.register()
    await parts.lottery.submitBallots.execute(
      [ada, bob, ada].flatMap((user) => [aSubmit({ userId: user }), aSubmit({ userId: user, date: TOMORROW })]),
    )
    await parts.user.banUser.ban(ada, CAUSE)

    const all = await parts.lottery.listBallots.ofUser({ userId: ada, limit: 10 })
    const rest = await parts.lottery.listBallots.ofUser({
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
    await expect(parts.lottery.listBallots.ofUser({ userId: userId(99), limit: 1 })).rejects.toThrow(ParticipantUnknown)
  })
})
