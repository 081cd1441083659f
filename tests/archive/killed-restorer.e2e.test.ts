import { afterAll, beforeAll, expect, it } from 'vitest'
import { killCli } from '../support/archive-process.ts'
import { type Answers, answersBefore, answersOf, answersOfApp } from '../support/archived-answers.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth } from '../support/archived-month.ts'
import type { Moment } from '../support/kill-at.ts'
import { someOf } from '../support/thorough.ts'

const DETACHED = ['ballots_2031_05 (detached)', 'ledger_subtrees_2031_05 (detached)']
const ATTACHED = ['ballots_2031_05', 'ledger_subtrees_2031_05']

/** Moments of a restore in their order, each with the tables that it leaves. */
const MOMENTS: readonly (readonly [Moment['when'], of: string, tables: readonly string[]])[] = [
  ['after', 'make_month', []],
  ['during', 'insert into ballots_2031_05', DETACHED],
  ['after', 'insert into ledger_subtrees_2031_05', DETACHED],
  ['before', 'attach partition ledger_subtrees', ['ballots_2031_05', 'ledger_subtrees_2031_05 (detached)']],
  ['before', 'insert into "archives".*restored', ATTACHED],
]

let month: ArchivedMonth
let before: Answers

beforeAll(async () => {
  month = await openArchivedMonth()
  before = await answersBefore(month)
  expect(await month.archive()).toEqual(['dropped'])
})
afterAll(() => month.close())

it('kill -9 at any moment of a restore changes no answer, and the next restore goes on until all is done', async () => {
  const app = await month.app()
  for (const [when, of, tables] of someOf(MOMENTS, 3)) {
    const { signal, output, errors } = await killCli(month, 'restore-archive', ['--month', MONTH], { when, of })
    expect([when, of, signal, output + errors]).toEqual([when, of, 'SIGKILL', ''])
    expect([when, of, await month.state(), await month.tables()]).toEqual([when, of, 'dropped', tables])
    expect(await answersOfApp(app, month.users)).toEqual(before)
  }
  expect(await month.replica().archive.restoreMonth.execute(MONTH)).toBe(true)

  expect([await month.state(), await month.tables(), await month.findings()]).toEqual(['restored', ATTACHED, []])
  expect(await answersOf(month)).toEqual(before)
  expect(await month.archive(MONTH)).toEqual(['dropped'])
}, 120_000)
