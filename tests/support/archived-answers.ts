import type { FastifyInstance } from 'fastify'
import { AFTER, type ArchivedMonth, EMPTY, LARGE, LAST } from './archived-month.ts'

export type Answers = ReadonlyMap<string, string>

let before: Promise<Answers> | undefined

/** The answers of the database that every {@link ArchivedMonth} is a copy of. Call it before the first month is archived. */
export function answersBefore(month: ArchivedMonth): Promise<Answers> {
  before ??= answersOf(month)
  return before
}

/** Every answer of the API about lotteries of the month and their ballots, by path. The replica has nothing cached. */
export async function answersOf(month: ArchivedMonth): Promise<Answers> {
  return answersOfApp(await month.app(), month.users)
}

export async function answersOfApp(app: FastifyInstance, users: readonly string[]): Promise<Answers> {
  const answers = new Map<string, string>()
  const ask = async (path: string) => {
    const { statusCode, body } = await app.inject(path)
    answers.set(path, `${statusCode} ${body.replace(/"request_id":"[-0-9a-f]+"/, '')}`)
    return body
  }
  const askAboutBallots = async (day: string) => {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const body = await ask(`/lotteries/${day}/ballots?limit=100${cursor && `&cursor=${cursor}`}`)
      const page = JSON.parse(body) as { items: { id: string; ordinal: number }[]; next_cursor: string | null }
      for (const { id, ordinal } of page.items.filter(({ ordinal: n }) => n === 1 || n === 3 || n % 75 === 0)) {
        await ask(`/lotteries/${day}/ballots/${id}`)
        await ask(`/lotteries/${day}/ballots/${id}/proof`)
        await ask(`/lotteries/${day}/ballots/${id}/proof?size=${ordinal}`)
      }
      cursor = page.next_cursor
    }
  }
  for (const day of [LARGE, EMPTY, LAST]) {
    for (const path of ['', '/evidence', '/checkpoint', '/ledger', '/ballots/00000000-0000-7000-8000-000000000000'])
      await ask(`/lotteries/${day}${path}`)
    await ask(`/lotteries/winner?date=${day}`)
    await askAboutBallots(day)
  }
  await ask(`/lotteries/${LARGE}/consistency?from=1&to=2`)
  await ask(`/lotteries/${LARGE}/consistency?from=255&to=300`)
  await ask(`/lotteries/${AFTER}/ballots`)
  for (const user of users) await ask(`/users/${user}/ballots?limit=100`)
  return answers
}
