import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Answers, answersBefore, answersOf, answersOfApp } from '../support/archived-answers.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth } from '../support/archived-month.ts'
import { parquetKey, rewrite, whileChanged } from '../support/changed-objects.ts'

const ATTACHED = ['ballots_2031_05', 'ledger_subtrees_2031_05']

let month: ArchivedMonth
let before: Answers
let app: FastifyInstance

beforeEach(async () => {
  month = await openArchivedMonth()
  before = await answersBefore(month)
  app = await month.app()
})
afterEach(() => month.close())

it('a month is restored from every state after its verification, and twice; earlier, it has not left', async () => {
  await expect(restore()).rejects.toThrow('The lotteries of 2031-05 are not archived.')
  for (const next of ['uploaded', 'verified']) {
    await month.archiveCutAt(next)
    await expect(restore()).rejects.toThrow('the month 2031-05 has not left the database')
  }
  await month.archiveCutAt('detached')
  expect(await month.state()).toBe('verified')
  await expectRestored()
  await expectRestored()

  expect(await month.archive(MONTH, { graceDays: 7 })).toEqual(['detached'])
  await expectRestored()

  await archiveCutAtDrop()
  expect([await month.state(), await month.tables()]).toEqual(['detached', []])
  await expectRestored()
  expect(await month.findings()).toEqual([])
}, 60_000)

it('a restored month is archived again by hand only, with the same manifest and no second event', async () => {
  await month.archive()
  const manifest = await manifestRow()
  await expectRestored()

  expect(await month.archive()).toEqual([])
  expect(await month.archive(MONTH)).toEqual(['dropped'])
  expect(await manifestRow()).toEqual(manifest)
  expect(await month.archivedEvents()).toBe(1)
  expect(await answersOf(month)).toEqual(before)
}, 60_000)

it('rows that do not lead to the sealed roots are not restored', async () => {
  await month.archive()
  const { folder } = month
  const refusals = [
    [(rows: readonly object[]) => rows.slice(0, -1), 'the lottery of 2031-05-31 has 3 ballots, the store 2'],
    [later, 'the ballots of 2031-05-16 in the store do not lead to the sealed root'],
  ] as const
  for (const [change, finding] of refusals) {
    const key = parquetKey('ballots')
    const rewritten = () => rewrite(folder, 'ballots', (rows) => [...change(rows)] as typeof rows)
    await whileChanged(folder, [key], rewritten, () => expect(restore()).rejects.toThrow(finding))
    expect([await month.state(), await month.tables()]).toEqual(['dropped', []])
  }
  await expectRestored()
}, 60_000)

function restore(): Promise<boolean> {
  return month.replica().archive.restoreMonth.execute(MONTH)
}

async function expectRestored(): Promise<void> {
  expect(await restore()).toBe(true)
  expect([await month.state(), await month.tables()]).toEqual(['restored', ATTACHED])
  expect(await answersOfApp(app, month.users)).toEqual(before)
}

/** Archives the restored month, and loses the connection after the drop. */
async function archiveCutAtDrop(): Promise<void> {
  expect(await month.archive(MONTH, { graceDays: 7 })).toEqual(['detached'])
  await month.archiveCutAt('dropped')
}

async function manifestRow() {
  return month.service.query('select manifest, verified_at from archives')
}

function later<Row extends object>(rows: readonly Row[]): readonly Row[] {
  return rows.map((row, n) =>
    n === 9 && 'submittedAt' in row ? { ...row, submittedAt: Number(row.submittedAt) + 1 } : row,
  )
}
