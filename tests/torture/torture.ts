import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { allReady } from './all-ready.ts'
import { auditHead, findingsOfAll } from './checks.ts'
import { tortureDay } from './day.ts'
import { killsOn } from './kills.ts'
import { type Options, readOptionsOrExit } from './options.ts'
import { allKinds, onlyKills } from './plan.ts'
import { Random } from './random.ts'
import { Report } from './report.ts'
import { openStage, type Stage } from './stage.ts'
import { untilOk } from './until-ok.ts'

/**
 * Command `npm run torture -- [--minutes 5 | --service-kills N --database-kills N] [--seed N]`. Kills, freezes and starves two replicas of the service and their
 * database at random moments and over midnights, while clients submit ballots. Compares every acknowledgement with what is
 * stored. Exit code 0: nothing is wrong. 1: something is, and how to repeat it is printed. With `--lose-one`, an acknowledged
 * ballot is deleted on purpose, and the exit code must be 1.
 */

const FIRST_DAY = CalendarDate.parse('2031-05-13')
const USERS = 8

const options = readOptionsOrExit()
const plan = options.kills ? onlyKills(options.kills) : allKinds(options.minutes)
const command = `npm run torture -- ${plan.options} --seed ${options.seed}`
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stop.abort(new Error(`interrupted by ${signal}`)))

console.log(`Two replicas and their database are tortured. To repeat it: ${command}`)
try {
  await using stage = await openStage()
  await torture(stage, options).catch((error: unknown) => {
    if (stop.signal.aborted) throw stop.signal.reason
    throw new Error(`${(error as Error).message}\nThe logs of the replicas are in ${stage.keepLogs()}`)
  })
} catch (error) {
  console.error(`\nFAILED: ${(error as Error).message}\nTo repeat it: ${command}`)
  process.exitCode = 1
}
process.exit() // what was under way when the run failed is not awaited

/** @throws Error when something is wrong */
async function torture(stage: Stage, { seed, loseOne }: Options): Promise<void> {
  const report = new Report(plan.tellsEach)
  const findings: string[] = []
  try {
    const users = await registerUsers(stage)
    const scene = { stage, plan, random: new Random(seed), report, users, loseOne, signal: stop.signal }
    report.line('both replicas are ready')
    const promised = await auditHead(stage)
    for (let day = 0; findings.length === 0 && !plan.isDone(stage); day += 1) {
      const date = CalendarDate.addDays(FIRST_DAY, day)
      findings.push(...(await tortureDay(scene, date)))
      report.checked(date, findings, killsOn(stage))
    }
    findings.push(...(await findingsOfAll(stage, promised)))
  } finally {
    const endedByItself = stage.replicas.reduce((sum, replica) => sum + replica.endedByItself, 0)
    report.sum(findings.length, endedByItself, killsOn(stage))
  }
  if (findings.length > 0) throw new Error(`${findings.length} differences, the first of them: ${findings[0]}`)
}

async function registerUsers(stage: Stage): Promise<string[]> {
  await stage.database.moveClock(CalendarDate.endOf(FIRST_DAY) - 60 * 60_000)
  await allReady(stage.replicas, stop.signal)
  const users: string[] = []
  for (let n = 1; n <= USERS; n += 1) users.push(await register(stage.replicas[0].url, n))
  return users
}

async function register(url: string, n: number): Promise<string> {
  const body = JSON.stringify({ email: `user-${n}@example.org` })
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  const answer = await untilOk(`${url}/users`, request, stop.signal)
  return ((await answer.json()) as { id: string }).id
}
