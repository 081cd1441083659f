import { afterAll, beforeAll, expect, it } from 'vitest'
import { archiveFindings } from '../support/archive-over.ts'
import { killCli } from '../support/archive-process.ts'
import { type Answers, answersBefore, answersOf, answersOfApp } from '../support/archived-answers.ts'
import { type ArchivedMonth, openArchivedMonth } from '../support/archived-month.ts'
import type { Moment } from '../support/kill-at.ts'
import { someOf } from '../support/thorough.ts'

const SAVE = 'insert into "archives".*'

/** Moments of the archiver in their order, each with the state that it leaves. */
const MOMENTS: readonly (readonly [Moment['when'], of: string, state: string | undefined])[] = [
  ['after', `${SAVE}exporting`, undefined],
  ['during', '^put ballots_by_id/', 'exporting'],
  ['after', '^put ledger/2031-05-16/SHA256SUMS', 'exporting'],
  ['before', `${SAVE}uploaded`, 'exporting'],
  ['during', '^put manifest/2031-05.note', 'uploaded'],
  ['before', '^put manifest/2031-05.json', 'uploaded'],
  ['during', '^get ledger/2031-05-16/tile/entries/000', 'uploaded'],
  ['after', 'insert into "outbox".*lottery.archived.v1', 'uploaded'],
  ['during', 'kept_ballots', 'verified'],
  ['before', 'detach partition ballots', 'verified'],
  ['during', 'detach partition ballots', 'verified'],
  ['before', 'detach partition ledger_subtrees', 'verified'],
  ['after', `${SAVE}detached`, 'verified'],
  ['during', '^get evidence/2031-05-31', 'detached'],
  ['during', 'drop table', 'detached'],
  ['after', `${SAVE}dropped`, 'detached'],
]

let month: ArchivedMonth
let before: Answers

beforeAll(async () => {
  month = await openArchivedMonth()
  before = await answersBefore(month)
})
afterAll(() => month.close())

it('kill -9 at any moment changes no answer, and the next archiver goes on until all is done', async () => {
  const app = await month.app()
  for (const [when, of, state] of someOf(MOMENTS, 3)) {
    const { signal, output, errors } = await killCli(month, 'archive', [], { when, of })
    expect([when, of, signal, output + errors]).toEqual([when, of, 'SIGKILL', ''])
    expect([when, of, await month.state()]).toEqual([when, of, state])
    expect(await answersOfApp(app, month.users)).toEqual(before)
  }
  expect(await month.archive()).toEqual(['dropped'])

  expect(await answersOf(month)).toEqual(before)
  expect([await month.tables(), await month.findings(), await archiveFindings(month)]).toEqual([[], [], []])
  expect(await month.archivedEvents()).toBe(1)
}, 240_000)
