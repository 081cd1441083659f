import { afterEach, beforeEach, expect, it } from 'vitest'
import { Month } from '../../src/archive/domain/month.ts'
import { FileObjectStore } from '../../src/archive/infrastructure/file-object-store.ts'
import { ParquetBallotFileReader } from '../../src/archive/infrastructure/parquet-ballot-file-reader.ts'
import { archiveFindings, archiveOver } from '../support/archive-over.ts'
import { type Answers, answersBefore, answersOf, answersOfApp } from '../support/archived-answers.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth, outcomesOf } from '../support/archived-month.ts'
import { FailingStore } from '../support/failing-store.ts'
import { IS_THOROUGH } from '../support/thorough.ts'

const ATTACHED = ['ballots_2031_05', 'ledger_subtrees_2031_05']
const DETACHED = ATTACHED.map((name) => `${name} (detached)`)
/** Every so many calls of the export fails; of the later steps, which make more calls, about half as many do. */
const STRIDE = IS_THOROUGH ? 2 : 7
const UNAVAILABLE = 'The archive of old lotteries does not answer. Try again later.'

let month: ArchivedMonth
let before: Answers

beforeEach(async () => {
  month = await openArchivedMonth()
  before = await answersBefore(month)
})
afterEach(() => month.close())

it('the store fails at any one call: nothing leaves before the month is verified, and the next run goes on', async () => {
  const store = new FailingStore(new FileObjectStore(month.folder))
  const app = await month.app()
  const failures: Record<string, number> = {}
  const failAtEach = async (graceDays: number) => {
    const archive = archiveOver(month, store, graceDays)
    for (let n = 1, earlier = ''; ; n += earlier === 'exporting' ? STRIDE : 2 * STRIDE - 1) {
      store.failAt(n)
      const [outcome] = await outcomesOf(archive)
      const state = (await month.state()) ?? ''
      if (outcome !== UNAVAILABLE) return outcome
      failures[state] = (failures[state] ?? 0) + 1
      expect(await month.tables()).toEqual(state === 'detached' ? DETACHED : ATTACHED)
      if (state !== earlier) {
        expect(await answersOfApp(app, month.users)).toEqual(before)
        n = 1
      }
      earlier = state
    }
  }

  expect(await failAtEach(7)).toBe('detached')
  expect(await answersOfApp(app, month.users)).toEqual(before)
  expect(await failAtEach(0)).toBe('dropped')
  for (const state of ['exporting', 'uploaded', 'detached']) expect(failures[state]).toBeGreaterThan(2)
  await expectArchived()
}, 120_000)

it('the connection of the archiver is cut at any change of the state: the next run goes on', async () => {
  const app = await month.app()
  for (const state of ['exporting', 'uploaded', 'verified', 'detached', 'dropped'] as const) {
    expect(await month.archiveCutAt(state)).toEqual([expect.stringContaining('The database does not answer') as string])
    expect(await answersOfApp(app, month.users)).toEqual(before)
  }
  expect(await month.archive()).toEqual(['dropped'])
  await expectArchived()
}, 60_000)

it('persons are forgotten while the archiver is interrupted: the next run goes on, and names them no more', async () => {
  const forget = (user: string | undefined) =>
    month.service.query(
      `update ballots set user_id = null, user_salt = null,
         user_commit = sha256('LSU1'::bytea || user_salt || uuid_send(user_id))
       where lottery_date = '2031-05-16' and user_id = $1
         and ordinal <> (select winner_ordinal from lotteries where date = lottery_date)`,
      [user],
    )
  await month.archiveCutAt('uploaded')
  await forget(month.users[0])
  await month.archiveCutAt('verified')
  await forget(month.users[1])

  expect(await month.archive()).toEqual(['dropped'])
  expect(await archiveFindings(month)).toEqual([])
  expect(await namesIn(month.users[0])).toBeLessThanOrEqual(2) // of the last day, and the winner
})

async function namesIn(userId: string | undefined): Promise<number> {
  let count = 0
  for await (const rows of new ParquetBallotFileReader(new FileObjectStore(month.folder)).pages(
    Month.parse(MONTH),
    'ballots',
  ))
    count += rows.filter((row) => row.userId === userId).length
  return count
}

async function expectArchived(): Promise<void> {
  expect(await answersOf(month)).toEqual(before)
  expect([await month.tables(), await month.findings(), await archiveFindings(month)]).toEqual([[], [], []])
  expect(await month.archivedEvents()).toBe(1)
}
