import { setTimeout } from 'node:timers/promises'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { allReady } from './all-ready.ts'
import { findingsOfDay } from './checks.ts'
import type { Database } from './database.ts'
import type { Attempt } from './history.ts'
import type { Plan } from './plan.ts'
import type { Random } from './random.ts'
import type { Report } from './report.ts'
import { CLOSE_TOKEN, type Stage } from './stage.ts'
import { submitUntil } from './submitters.ts'
import { PATIENCE_MS, untilOk } from './until-ok.ts'

/** From noon to midnight, in milliseconds. */
const NOON_MS = 12 * 60 * 60_000
/** Milliseconds within which a disturbance is felt. What was under way is still acknowledged. */
const FELT_MS = 200
/** Time from the last disturbance of the day to midnight, in milliseconds. */
const EVENING_MS = 2_000
/** How far from midnight its disturbance begins, in milliseconds. */
const AROUND_MIDNIGHT_MS = 300

export interface Scene<D extends Database> {
  readonly stage: Stage<D>
  readonly plan: Plan<D>
  readonly random: Random
  readonly report: Report
  readonly users: readonly string[]
  /** Whether to delete a ballot of each day, which must be found. */
  readonly loseOne: boolean
  /** Ends the torture early. */
  readonly signal: AbortSignal
}

/** Tortures the service for a day and over its midnight, and returns what is wrong afterwards. */
export async function tortureDay<D extends Database>(scene: Scene<D>, date: CalendarDate): Promise<string[]> {
  const { stage, plan, random, report, users, signal } = scene
  const night = new AbortController()
  await stage.database.moveClock(CalendarDate.endOf(date) - NOON_MS)
  const urls = stage.replicas.map(({ url }) => url)
  const target = { date, users, urls, pulse: report.pulse, thinkMs: plan.thinkMs, pauseMs: plan.pauseMs }
  const submits = submitUntil(night.signal, { ...target, onAnswer: (answer) => report.answered(answer) })
  let winners: readonly string[]
  try {
    await acknowledgedAgain(report, signal)
    report.pulse.takeLongest() // nothing was sent before
    let left = Math.floor(random.between(plan.ofADay.fewest, plan.ofADay.most + 1))
    do await disturb(scene)
    while (--left > 0 && !plan.isDone(stage))
    if (!plan.meetsStarting) await allReady(stage.replicas, signal)
    await stage.database.moveClock(CalendarDate.endOf(date) - EVENING_MS)
    winners = await disturbMidnight(scene, date, performance.now() + EVENING_MS)
  } finally {
    night.abort()
    report.submitted(await submits)
  }
  await allReady(stage.replicas, signal)
  if (scene.loseOne) await loseAcknowledged(stage, await submits)
  const drawn = new Set(winners).size === 1 ? [] : [`${date}: the winners are ${winners.join(' and ')}`]
  return [...drawn, ...(await findingsOfDay(stage, date, await submits))]
}

/**
 * One disturbance, at a random moment. Resolves when a ballot is acknowledged again. A replica may still be starting then, so
 * that the next disturbance can meet a service that is not well.
 */
async function disturb<D extends Database>(scene: Scene<D>): Promise<void> {
  const { stage, plan, random, report, signal } = scene
  await setTimeout(random.between(plan.quietMs.shortest, plan.quietMs.longest), undefined, { signal })
  const words = await plan.next(stage, random)(stage, random, signal)
  await setTimeout(FELT_MS, undefined, { signal })
  await acknowledgedAgain(report, signal)
  report.disturbed(words, report.pulse.takeLongest())
}

/** @throws Error when no ballot is acknowledged in time */
async function acknowledgedAgain({ pulse }: Report, signal: AbortSignal): Promise<void> {
  const { beats } = pulse
  for (const deadline = performance.now() + PATIENCE_MS; pulse.beats === beats; ) {
    await setTimeout(5, undefined, { signal })
    if (performance.now() > deadline) throw new Error(`no ballot is acknowledged for ${PATIENCE_MS / 1_000} s`)
  }
}

/** A disturbance around midnight, while both replicas are told to close the day. Returns the winner that each names. */
async function disturbMidnight<D extends Database>(scene: Scene<D>, date: string, midnight: number): Promise<string[]> {
  const { stage, plan, random, report, signal } = scene
  const startsAt = midnight + random.between(-AROUND_MIDNIGHT_MS, AROUND_MIDNIGHT_MS)
  const disturbance = plan.next(stage, random)
  const closing = Promise.all(stage.replicas.map(({ url }) => close(url, date, midnight, signal)))
  closing.catch(() => {}) // it is awaited below, after the disturbance
  await setTimeout(Math.max(0, startsAt - performance.now()), undefined, { signal })
  report.disturbed(`midnight with ${await disturbance(stage, random, signal)}`, undefined)
  return closing
}

/** Closes the day from midnight on, and returns the winner. */
async function close(url: string, date: string, midnight: number, signal: AbortSignal): Promise<string> {
  await setTimeout(Math.max(0, midnight - performance.now()), undefined, { signal })
  const request = { method: 'POST', headers: { 'x-internal-token': CLOSE_TOKEN } }
  const answer = await untilOk(`${url}/lotteries/close?date=${date}`, request, signal)
  const { winner_ballot_id } = (await answer.json()) as { winner_ballot_id?: string }
  return String(winner_ballot_id)
}

/** Deletes a ballot as no one can but the owner of the database, without its guards. */
async function loseAcknowledged({ database }: Stage, attempts: readonly Attempt[]): Promise<void> {
  const [lost] = attempts.flatMap(({ acknowledged }) => acknowledged)
  await database.rows(`set session_replication_role = replica; delete from ballots where id = '${lost?.id}'`)
}
