import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ArchivedBallot } from '../../src/archive/domain/archived-ballot.ts'
import { archiveFindings } from '../support/archive-over.ts'
import { type Answers, answersBefore, answersOf } from '../support/archived-answers.ts'
import { type ArchivedMonth, openArchivedMonth } from '../support/archived-month.ts'
import { changeByte, keysIn, parquetKey, put, remove, rewrite, swap, whileChanged } from '../support/changed-objects.ts'
import { someOf } from '../support/thorough.ts'

const BUNDLES = ['ledger/2031-05-16/tile/entries/000', 'ledger/2031-05-16/tile/entries/001.p/44'] as const

/** Good files with other rows, and objects at the place of others. */
const CHANGES: readonly (readonly [key: string, change: (folder: string) => Promise<void>])[] = [
  [BUNDLES[0], (folder) => swap(folder, ...BUNDLES)],
  [parquetKey('ballots'), (folder) => rewrite(folder, 'ballots', (rows) => rows.slice(1))],
  [parquetKey('ballots'), (folder) => rewrite(folder, 'ballots', (rows) => rows.map(inJune))],
  [parquetKey('ballots'), (folder) => rewrite(folder, 'ballots', ([first, ...rows]) => [laterBallot(first), ...rows])],
  [parquetKey('ballots_by_id'), (folder) => rewrite(folder, 'ballots_by_id', (rows) => rows.slice(1))],
  [parquetKey('ballots_by_id'), (folder) => rewrite(folder, 'ballots_by_id', (rows) => rows.map(misplaced))],
  [parquetKey('ballots_by_user'), (folder) => rewrite(folder, 'ballots_by_user', (rows) => rows.slice(1))],
  [parquetKey('ballots_by_user'), (folder) => rewrite(folder, 'ballots_by_user', (rows) => rows.map(inJune))],
]

let month: ArchivedMonth
let before: Answers

beforeAll(async () => {
  month = await openArchivedMonth()
  before = await answersBefore(month)
})
afterAll(() => month.close())

it('an object that changed before the verification keeps the month in the database, until it is put right', async () => {
  await month.archiveCutAt('verified')
  const { folder } = month
  const keys = await keysIn(folder)
  expect(keys).toHaveLength(22)

  for (const key of someOf(keys, 4))
    expect(await findingWhile([key], () => changeByte(folder, key))).toMatch(nameOf(key))
  for (const [key, change] of CHANGES) {
    const keys = key.startsWith('ledger') ? BUNDLES : [key]
    expect(await findingWhile(keys, () => change(folder))).toMatch(nameOf(key))
  }
  expect(await month.archive(undefined, { graceDays: 7 })).toEqual(['detached'])
}, 120_000)

it('an object that changed before the drop keeps the rows in the database, until it is put right', async () => {
  const { folder } = month
  for (const key of someOf(await keysIn(folder), 4)) {
    expect(await findingWhile([key], () => remove(folder, key))).toMatch(nameOf(key))
  }
  expect(await month.archive()).toEqual(['dropped'])
  expect(await answersOf(month)).toEqual(before)
  expect([await month.findings(), await archiveFindings(month)]).toEqual([[], []])
}, 60_000)

it('a public object with other bytes stops the month with its key; a private one is replaced', async () => {
  await using other = await openArchivedMonth()
  const keys = ['ledger/2031-05-16/tile/0/000', 'ledger/2031-05-31/SHA256SUMS', 'evidence/2031-05-31.json']
  for (const key of [...keys, 'events/2031-05.ndjson', 'manifest/2031-05.note', 'manifest/2031-05.json']) {
    await put(other.folder, key, 'other bytes')
    expect(await other.archive()).toEqual([`the store holds ${key} already, with other bytes`])
    expect(await other.tables()).toEqual(['ballots_2031_05', 'ledger_subtrees_2031_05'])
    await remove(other.folder, key)
  }
  await other.service.query(`update archives set state = 'exporting', manifest = null, manifest_hash = null`)
  for (const name of ['ballots', 'ballots_by_id', 'ballots_by_user'] as const)
    await put(other.folder, parquetKey(name), 'other bytes')
  expect(await other.archive()).toEqual(['dropped'])
  expect(await archiveFindings(other)).toEqual([])
}, 60_000)

async function findingWhile(keys: readonly string[], change: () => Promise<unknown>): Promise<string> {
  const [state, tables] = [await month.state(), await month.tables()]
  const outcomes = await whileChanged(month.folder, keys, change, () => month.archive())
  expect([await month.state(), await month.tables()]).toEqual([state, tables])
  expect(outcomes).toHaveLength(1)
  return outcomes[0] ?? ''
}

/** How findings name an object. Those of a changed entry name what no longer follows from it. */
function nameOf(key: string): RegExp {
  const [, date, path = ''] = /^ledger\/([^/]+)\/(.*)$/.exec(key) ?? []
  const [file] = /^ballots(_by_id|_by_user)?(?=\/)/.exec(key) ?? []
  if (date) return new RegExp(`${key}|ledger of ${date}: .*(${path.includes('entries') ? 'entries' : path})`)
  return new RegExp(file === 'ballots' ? `${key}|ballots? .*store|ballots are` : `${key}|${file}`)
}

function inJune<Row extends { readonly lotteryDate: string }>(row: Row): Row {
  return { ...row, lotteryDate: row.lotteryDate.replace('-05-', '-06-') }
}

/** The first ballot, a second later. */
function laterBallot(ballot: ArchivedBallot | undefined): ArchivedBallot {
  if (!ballot) throw new Error('the month has no ballots')
  return { ...ballot, submittedAt: ballot.submittedAt + 1_000 }
}

function misplaced<Row extends { readonly ordinal: number }>(row: Row): Row {
  return { ...row, ordinal: 301 - row.ordinal }
}
