import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answers, answersBefore, answersOf } from '../support/archived-answers.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth } from '../support/archived-month.ts'

let month: ArchivedMonth
let before: Answers

beforeAll(async () => {
  month = await openArchivedMonth()
  before = await answersBefore(month)
})
afterAll(() => month.close())

it('a month is archived, detached, dropped after the grace, and restored; every answer stays the same', async () => {
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
}, 60_000)
