import { setTimeout } from 'node:timers/promises'
import type { CalendarDate } from '../src/lottery/domain/calendar-date.ts'
import { query } from '../tests/support/test-clock.ts'
import type { LoadJob, LoadResult } from './generators/load.ts'
import type { Stage } from './stage.ts'

export interface Submits {
  readonly name: string
  readonly urls: readonly string[]
  /** Where they are stored; undefined: nowhere. */
  readonly database?: string
  readonly date?: CalendarDate
  readonly connections?: number
  readonly warmup?: number
  readonly length?: LoadJob['length']
}

/** Submits ballots for one lottery for a while. @throws Error when what was stored is not what was acknowledged */
export async function submits(stage: Stage, load: Submits): Promise<LoadResult> {
  const { seconds, connections } = stage.options
  const { date = stage.nextDate(), database } = load
  const before = database ? await storedCount(database, date) : 0
  const job = { connections, warmup: stage.warmup, length: { seconds }, ...load, requests: requestsFor(stage, date) }
  const result = await stage.run<LoadResult>('generators/load.ts', job)
  stage.record(load.name, result)
  if (database) await checkStored(database, { date, before, ...result, inFlight: job.connections })
  return result
}

/** One body for each user. */
export function bodiesFor(stage: Stage, date: CalendarDate): string[] {
  return stage.users.map((user_id) => JSON.stringify({ user_id, date }))
}

function requestsFor(stage: Stage, date: CalendarDate): LoadJob['requests'] {
  const post = { method: 'POST', path: '/lotteries/submit', headers: { 'content-type': 'application/json' } } as const
  return bodiesFor(stage, date).map((body) => ({ ...post, body }))
}

interface Expected {
  readonly date: CalendarDate
  /** Ballots that were there before. */
  readonly before: number
  readonly succeeded: number
  readonly failed?: number
  /** Requests that may have been stored, though nobody waited for the answer. */
  readonly inFlight: number
  readonly table?: string
}

/** @throws Error unless there is one ballot for each acknowledgement, and no gap */
export async function checkStored(url: string, expected: Expected): Promise<void> {
  const { date, before, succeeded, failed = 0, inFlight, table = 'ballots' } = expected
  const sql = `
    select count(*)::int, coalesce(min(ordinal), 0)::int as first, coalesce(max(ordinal), 0)::int as last
    from ${table} where lottery_date = $1 and ordinal > $2`
  let [count, first, last] = [-1, 0, 0]
  for (let known = -2; known !== count; await setTimeout(200)) {
    known = count // until nothing is under way any more
    const [row] = await query<{ count: number; first: number; last: number }>(url, sql, [date, before])
    if (row) ({ count, first, last } = row)
  }
  const facts = `${date}: ${succeeded} acknowledged, ${count} stored, as ordinals ${first}..${last} after ${before}`
  if (count < succeeded) throw new Error(`ballots were lost. ${facts}`)
  if (count > succeeded + failed + inFlight) throw new Error(`ballots came from nowhere. ${facts}`)
  if (count > 0 && (first !== before + 1 || last !== before + count)) throw new Error(`ordinals have gaps. ${facts}`)
  if (table === 'ballots' && (await storedCount(url, date)) !== before + count)
    throw new Error(`the lottery's count is not that of its ballots. ${facts}`)
}

/** What the lottery's own row says; 0 while there is none. */
export async function storedCount(url: string, date: CalendarDate): Promise<number> {
  const sql = 'select ballot_count::int as count from lotteries where date = $1'
  const [lottery] = await query<{ count: number }>(url, sql, [date])
  return lottery?.count ?? 0
}
