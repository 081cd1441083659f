import { beforeEach, describe, expect, it } from 'vitest'
import { LotteryAlreadyExists, LotteryDatePast, LotteryDateTooFar } from '../../../src/lottery/domain/errors.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { aSubmit, CAUSE, date, summary, TODAY, YESTERDAY } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let ada: UserId

beforeEach(async () => {
  parts = memoryParts()
  ada = await parts.register()
})

describe('creating a lottery', () => {
  it('opens the lottery', async () => {
    const lottery = await parts.lottery.createLottery.execute(TODAY, CAUSE)

    expect(summary(lottery)).toMatchObject({ date: TODAY, status: 'open', ballotCount: 0, lastSeq: 1 })
    expect(await parts.lottery.findLottery.execute(TODAY)).toEqual(lottery)
  })

  it('refuses a second lottery for the same day, and leaves the first unchanged', async () => {
    await parts.lottery.submitBallots.execute([aSubmit({ userId: ada })])
    const before = await parts.lottery.findLottery.execute(TODAY)

    await expect(parts.lottery.createLottery.execute(TODAY, CAUSE)).rejects.toThrow(LotteryAlreadyExists)

    expect(await parts.lottery.findLottery.execute(TODAY)).toEqual(before)
  })

  it('refuses past days and days more than 366 days ahead', async () => {
    const { createLottery } = parts.lottery

    await expect(createLottery.execute(YESTERDAY, CAUSE)).rejects.toThrow(LotteryDatePast)
    await expect(createLottery.execute(date('2027-03-12'), CAUSE)).rejects.toThrow(LotteryDateTooFar)
    expect(summary(await createLottery.execute(date('2027-03-11'), CAUSE))).toMatchObject({ status: 'open' })
  })
})
