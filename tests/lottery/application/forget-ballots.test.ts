import { beforeEach, describe, expect, it } from 'vitest'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { aSubmit, CAUSE, TODAY, TOMORROW } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let ada: UserId
let bob: UserId

beforeEach(async () => {
  parts = memoryParts()
  ;[ada, bob] = [await parts.register(), await parts.register()]
})

async function submit(day: typeof TODAY, ...users: UserId[]): Promise<void> {
  await parts.lottery.submitBallots.execute(users.map((userId) => aSubmit({ userId, date: day })))
}

async function close(): Promise<void> {
  parts.clock.moveTo('2026-03-11T00:00:00Z')
  await parts.lottery.closeLottery.execute(TODAY, CAUSE)
}

const usersOf = async (day: typeof TODAY) =>
  (await parts.stores.lotteries.queries.ballots({ date: day, after: 0, limit: 99 })).map(({ userId }) => userId)

describe('forgetting a user in ballots', () => {
  it('takes the user out of a closed lottery, but not out of the winning ballot', async () => {
    await submit(TODAY, ada, bob, ada, ada)
    await parts.letWin(TODAY, 3)
    await close()

    expect(await parts.lottery.forgetBallots.execute(ada)).toBe(true)

    expect(await usersOf(TODAY)).toEqual([null, bob, ada, null])
    expect(await parts.lottery.findWinner.execute(TODAY)).toMatchObject({ userId: ada })
  })

  it('leaves the ballots of a user who was banned at the seal, because the evidence names them', async () => {
    await submit(TODAY, ada, bob, ada)
    await parts.user.banUser.ban(ada, CAUSE)
    await close()

    expect(await parts.lottery.forgetBallots.execute(ada)).toBe(true)
    expect(await usersOf(TODAY)).toEqual([ada, bob, ada])
  })

  it('waits for the close of every lottery that has a ballot of the user', async () => {
    await submit(TODAY, ada, bob)
    await submit(TOMORROW, ada)
    await parts.letWin(TODAY, 2)
    expect(await parts.lottery.forgetBallots.execute(ada)).toBe(false)
    expect(await usersOf(TODAY)).toEqual([ada, bob])

    await close()

    expect(await parts.lottery.forgetBallots.execute(ada)).toBe(false)
    expect([await usersOf(TODAY), await usersOf(TOMORROW)]).toEqual([[null, bob], [ada]])
  })

  it('lets no banned user win a lottery that was open at the forgetting', async () => {
    await submit(TODAY, ada, ada, bob, ada)
    await parts.user.banUser.ban(ada, CAUSE)
    await parts.user.forgetUser.execute(ada, CAUSE)

    await close()

    const { seal, draw } = await parts.lottery.findLottery.execute(TODAY)
    expect([seal?.excludedCount, draw?.winner?.ordinal]).toEqual([3, 3])
  })
})
