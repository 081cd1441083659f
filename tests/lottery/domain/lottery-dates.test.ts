import { expect, it } from 'vitest'
import { LotteryDatePast, LotteryDateTooFar } from '../../../src/lottery/domain/errors.ts'
import { requireDateOpenable } from '../../../src/lottery/domain/lottery-dates.ts'
import { CAUSE, date, NOON, TODAY, TOMORROW, YESTERDAY } from '../../support/builders.ts'
import { memoryParts } from '../../support/memory-app.ts'

it('a lottery can be opened for today and for as many days ahead as the configuration allows', () => {
  expect(() => requireDateOpenable(TODAY, NOON, 0)).not.toThrow()
  expect(() => requireDateOpenable(TOMORROW, NOON, 0)).toThrow(LotteryDateTooFar)
  expect(() => requireDateOpenable(TOMORROW, NOON, 1)).not.toThrow()
  expect(() => requireDateOpenable(YESTERDAY, NOON, 1)).toThrow(LotteryDatePast)
  expect(() => requireDateOpenable(date('2027-03-11'), NOON)).not.toThrow()
  expect(() => requireDateOpenable(date('2027-03-12'), NOON)).toThrow(LotteryDateTooFar)
})

it('creating and submitting both keep to the configured days ahead', async () => {
  const parts = memoryParts({ daysAhead: 0 })
  const userId = await parts.register()
  const command = { userId, date: TOMORROW, idempotencyKey: undefined, cause: CAUSE }

  await expect(parts.lottery.createLottery.execute(TOMORROW, CAUSE)).rejects.toThrow(LotteryDateTooFar)
  expect(await parts.lottery.submitBallots.execute([command])).toMatchObject([
    { error: { code: 'lottery_date_too_far' } },
  ])
})
