import { expect, it } from 'vitest'
import { FindOtherEntropy } from '../../../src/lottery/application/find-other-entropy.ts'
import { CAUSE, TODAY, TOMORROW } from '../../support/builders.ts'
import { memoryParts } from '../../support/memory-app.ts'

it('names the open lotteries whose randomness is of another kind than the configured one', async () => {
  const { lottery, stores, clock } = memoryParts()
  for (const date of [TODAY, TOMORROW]) await lottery.createLottery.execute(date, CAUSE)
  const withDrand = new FindOtherEntropy(stores.lotteries.queries, 'drand')

  expect(await lottery.findOtherEntropy.execute()).toEqual([])
  expect(await withDrand.execute()).toEqual([TOMORROW, TODAY])

  clock.advance({ days: 1 })
  await lottery.closeLottery.execute(TODAY, CAUSE)
  expect(await withDrand.execute()).toEqual([TOMORROW])
})
