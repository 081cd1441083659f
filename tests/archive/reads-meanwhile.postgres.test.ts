import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answers, answersBefore, answersOfApp } from '../support/archived-answers.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth } from '../support/archived-month.ts'

let month: ArchivedMonth
let before: Answers

beforeAll(async () => {
  month = await openArchivedMonth()
  before = await answersBefore(month)
})
afterAll(() => month.close())

it('no answer differs while a month is detached, dropped, restored, and dropped again', async () => {
  const app = await month.app()
  let isOver = false
  const moves = (async () => {
    expect(await month.archive(MONTH, { graceDays: 7 })).toEqual(['detached'])
    expect(await month.archive(MONTH)).toEqual(['dropped'])
    expect(await month.replica().archive.restoreMonth.execute(MONTH)).toBe(true)
    expect(await month.archive(MONTH)).toEqual(['dropped'])
  })().finally(() => {
    isOver = true
  })
  let reads = 0
  const readers = [0, 1].map(async () => {
    while (!isOver) {
      expect(await answersOfApp(app, month.users)).toEqual(before)
      reads += 1
    }
  })

  await Promise.all([moves, ...readers])
  expect(reads).toBeGreaterThanOrEqual(2)
}, 60_000)
