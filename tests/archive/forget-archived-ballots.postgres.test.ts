import { afterEach, beforeEach, expect, it } from 'vitest'
import { Month } from '../../src/archive/domain/month.ts'
import { FileObjectStore } from '../../src/archive/infrastructure/file-object-store.ts'
import { ParquetBallotFileReader } from '../../src/archive/infrastructure/parquet-ballot-file-reader.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { type Answers, answersBefore, answersOf } from '../support/archived-answers.ts'
import { type ArchivedMonth, MONTH, openArchivedMonth } from '../support/archived-month.ts'
import { CAUSE } from '../support/builders.ts'

let month: ArchivedMonth
let before: Answers
let user: UserId

beforeEach(async () => {
  month = await openArchivedMonth()
  before = await answersBefore(month)
  user = month.users[1] as UserId
})
afterEach(() => month.close())

it('a person is forgotten in the private files of an archived month, and the month still verifies', async () => {
  expect(await month.archive(MONTH)).toEqual(['dropped'])
  expect(await namedIn(user)).toBe(99 + 1)

  await month.replica().user.forgetUser.execute(user, CAUSE)
  await leave()

  const others = [...(await answersOf(month))].filter(([path]) => !path.startsWith(`/users/${user}`))
  expect(others).toEqual([...before].filter(([path]) => !path.startsWith(`/users/${user}`)))
  expect(await pending()).toBe(0)
  expect(await namedIn(user)).toBe(await keptOf(user))
  expect(await month.findings()).toEqual([])

  expect(await month.replica().archive.restoreMonth.execute(MONTH)).toBe(true)
  const rows = await month.service.query<{ count: number }>(
    'select count(*)::int from ballots where user_id = $1 and lottery_date < $2',
    [user, '2031-06-01'],
  )
  expect(rows[0]?.count).toBe(await keptOf(user))
  expect(await month.archive(MONTH)).toEqual(['dropped'])
  expect(await month.findings()).toEqual([])
}, 60_000)

it('a person whose rows wait detached is forgotten after their drop', async () => {
  expect(await month.archive(MONTH, { graceDays: 7 })).toEqual(['detached'])
  await month.replica().user.forgetUser.execute(user, CAUSE)

  await leave()
  expect(await namedIn(user)).toBe(await keptOf(user))
  expect(await pending()).toBe(1)

  await month.service.clock.advance({ days: 8 })
  expect(await month.archive(MONTH, { graceDays: 7 })).toEqual(['dropped'])
  await leave()
  expect(await pending()).toBe(0)
}, 60_000)

/** Goes over the users to forget, long after the last submit from before. */
async function leave(): Promise<void> {
  await month.service.clock.advance({ minutes: 10 })
  const { leaveBallots } = month.replica().user
  for (let round = 0; round < 2; round += 1) while (await leaveBallots.execute());
}

async function pending(): Promise<number> {
  const [row] = await month.service.query<{ count: number }>('select count(*)::int from users_to_forget')
  return row?.count ?? -1
}

/** Number of the user's archived ballots that evidence names. */
async function keptOf(id: UserId): Promise<number> {
  const [row] = await month.service.query<{ count: number }>(
    'select count(*)::int from kept_ballots where user_id = $1',
    [id],
  )
  return row?.count ?? -1
}

/** Number of ballots of the archived month that name the user. */
async function namedIn(id: UserId): Promise<number> {
  const reader = new ParquetBallotFileReader(new FileObjectStore(month.folder))
  let count = 0
  for await (const page of reader.pages(Month.parse(MONTH), 'ballots'))
    count += page.filter(({ userId }) => userId === id).length
  return count
}
