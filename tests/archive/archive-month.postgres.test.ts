import { afterAll, beforeAll, expect, it } from 'vitest'
import { answersBefore, answersOf } from '../support/archived-answers.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth } from '../support/archived-month.ts'
import { VERSITYGW_START_MS, Versitygw } from '../support/versitygw.ts'

let s3: Versitygw | undefined

beforeAll(async () => {
  s3 = await Versitygw.start()
}, VERSITYGW_START_MS)
afterAll(() => s3?.[Symbol.asyncDispose]())

it('a month is archived in a folder, detached, dropped after the grace, and restored; every answer stays the same', async () => {
  await using month = await openArchivedMonth()
  await leavesAndReturns(month)
}, 60_000)

it('the same happens in a store of S3, whose lock keeps the public objects', async ({ skip }) => {
  if (!s3) return skip('no store of S3 can be had')
  await using month = await openArchivedMonth({ ...s3.settings, objectLockDays: 1, storageClass: 'STANDARD' })
  await leavesAndReturns(month)
}, 60_000)

async function leavesAndReturns(month: ArchivedMonth): Promise<void> {
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
