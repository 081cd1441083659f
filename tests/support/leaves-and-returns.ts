import { expect } from 'vitest'
import { answersBefore, answersOf } from './archived-answers.ts'
import { type ArchivedMonth, MONTH } from './archived-month.ts'

/** Asserts that the month is archived, detached, dropped after the grace and restored, and that every answer stays the same. */
export async function leavesAndReturns(month: ArchivedMonth): Promise<void> {
  const before = await answersBefore(month)

  expect(await month.archive(undefined, { graceDays: 7 })).toEqual(['detached'])
  expect(await answersOf(month)).toEqual(before)
  expect(await month.tables()).toEqual(['ballots_2031_05 (detached)', 'ledger_subtrees_2031_05 (detached)'])

  await month.service.clock.advance({ days: 6, hours: 23 })
  expect(await month.archive(undefined, { graceDays: 7 })).toEqual(['detached'])
  await month.service.clock.advance({ hours: 1, minutes: 1 })
  expect(await month.archive(undefined, { graceDays: 7 })).toEqual(['dropped'])
  expect(await month.tables()).toEqual([])
  expect(await answersOf(month)).toEqual(before)
  expect(await month.archive()).toEqual([])

  expect(await month.replica().archive.restoreMonth.execute(MONTH)).toBe(true)
  expect(await month.tables()).toEqual(['ballots_2031_05', 'ledger_subtrees_2031_05'])
  expect(await answersOf(month)).toEqual(before)
}
