import { beforeEach, describe, expect, it } from 'vitest'
import { LotteryNotClosed, LotteryNotFound, LotteryWithoutWinner } from '../../../src/lottery/domain/errors.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, CAUSE, TODAY } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let ada: UserId

beforeEach(async () => {
  parts = memoryParts()
  ada = await parts.register()
})

describe('looking up the winner', () => {
  it('returns the same winning ballot every time', async () => {
    const outcomes = await parts.lottery.submitBallots.execute([aSubmit({ userId: ada }), aSubmit({ userId: ada })])
    await parts.letWin(TODAY, 2)
    parts.clock.moveTo('2026-03-11T00:00:00Z')
    await parts.lottery.closeLottery.execute(TODAY, CAUSE)

    expect(await parts.lottery.findWinner.execute(TODAY)).toEqual(accepted(outcomes[1]))
    expect(await parts.lottery.findWinner.execute(TODAY)).toEqual(accepted(outcomes[1]))
  })

  it('distinguishes an unknown date, an undrawn lottery and a lottery without a winner', async () => {
    const { createLottery, closeLottery, findWinner } = parts.lottery

    await expect(findWinner.execute(TODAY)).rejects.toThrow(LotteryNotFound)
    await createLottery.execute(TODAY, CAUSE)
    await expect(findWinner.execute(TODAY)).rejects.toThrow(LotteryNotClosed)
    parts.clock.moveTo('2026-03-11T00:00:00Z')
    await expect(findWinner.execute(TODAY)).rejects.toThrow(LotteryNotClosed)
    await closeLottery.execute(TODAY, CAUSE)
    await expect(findWinner.execute(TODAY)).rejects.toThrow(LotteryWithoutWinner)
  })
})
