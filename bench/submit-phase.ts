import { setTimeout } from 'node:timers/promises'
import type { CalendarDate } from '../src/lottery/domain/calendar-date.ts'
import { query } from '../tests/support/test-clock.ts'
import type { LoadJob, LoadResult } from './generators/load.ts'
import type { Stage } from './stage.ts'

export interface SubmitLoad {
  readonly name: string
  readonly urls: readonly string[]
  /** URL of the database that stores the ballots. Undefined when no database does. */
  readonly database?: string
  readonly date?: CalendarDate
  readonly connections?: number
  readonly warmup?: number
  readonly length?: LoadJob['length']
  /** Tokens of the users, in their order. Without them the requests have none. */
  readonly tokens?: readonly string[]
}

/**
 * Submits ballots to one lottery for the length of a phase.
 *
 * @throws Error when the stored ballots are not the acknowledged ones
 */
export async function runSubmits(stage: Stage, load: SubmitLoad): Promise<LoadResult> {
  const { seconds, connections } = stage.options
  const { date = stage.nextDate(), database, tokens, ...phase } = load
  const before = database ? await storedCount(database, date) : 0
  const job = {
    connections,
    warmup: stage.warmup,
    length: { seconds },
    ...phase,
    requests: requestsFor(stage, date, tokens),
  }
  const result = await stage.run<LoadResult>('generators/load.ts', job)
  stage.record(load.name, result)
  if (database) await checkStored(database, { date, before, ...result, inFlight: job.connections })
  return result
}

/** Request bodies, one for each user. */
export function bodiesFor(stage: Stage, date: CalendarDate): string[] {
  return stage.users.map((user_id) => JSON.stringify({ user_id, date }))
}

function requestsFor(stage: Stage, date: CalendarDate, tokens?: readonly string[]): LoadJob['requests'] {
  const post = { method: 'POST', path: '/lotteries/submit' } as const
  return bodiesFor(stage, date).map((body, n) => {
    const authorization = tokens && { authorization: `Bearer ${tokens[n]}` }
    return { ...post, body, headers: { 'content-type': 'application/json', ...authorization } }
  })
}

interface Expected {
  readonly date: CalendarDate
  /** Number of ballots that were stored before the phase. */
  readonly before: number
  readonly succeeded: number
  readonly failed?: number
  /** Number of requests whose response was not awaited. Their ballots may be stored. */
  readonly inFlight: number
  readonly table?: string
  /** Milliseconds without a new ballot after which none is expected any more. */
  readonly quiet?: number
}

/**
 * Compares the stored ballots with the acknowledged ones, once no more arrive.
 *
 * @throws Error when a ballot is missing or surplus, or the ordinals have a gap
 */
export async function checkStored(url: string, expected: Expected): Promise<void> {
  const { date, before, succeeded, failed = 0, inFlight, table = 'ballots', quiet = 200 } = expected
  const sql = `
    select count(*)::int, coalesce(min(ordinal), 0)::int as first, coalesce(max(ordinal), 0)::int as last
    from ${table} where lottery_date = $1 and ordinal > $2`
  let [count, first, last] = [-1, 0, 0]
  for (let known = -2; known !== count; await setTimeout(quiet)) {
    known = count // repeats until the count stays the same
    const [row] = await query<{ count: number; first: number; last: number }>(url, sql, [date, before])
    if (row) ({ count, first, last } = row)
  }
  const facts =
    `lottery of ${date}, ${before} ballots before, ${succeeded} acknowledged, ` +
    `${count} stored with ordinals ${first} to ${last}`
  if (count < succeeded) throw new Error(`acknowledged ballots are missing: ${facts}`)
  if (count > succeeded + failed + inFlight) throw new Error(`more ballots are stored than were submitted: ${facts}`)
  if (count > 0 && (first !== before + 1 || last !== before + count))
    throw new Error(`the ordinals have a gap: ${facts}`)
  if (table === 'ballots' && (await storedCount(url, date)) !== before + count)
    throw new Error(`ballot_count of the lottery differs from its number of ballots: ${facts}`)
}

/** Ballot count in the lottery's row, or 0 when the lottery has no row. */
export async function storedCount(url: string, date: CalendarDate): Promise<number> {
  const sql = 'select ballot_count::int as count from lotteries where date = $1'
  const [lottery] = await query<{ count: number }>(url, sql, [date])
  return lottery?.count ?? 0
}
