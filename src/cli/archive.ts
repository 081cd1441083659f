import { parseArgs } from 'node:util'
import { readConfigOrExit } from '../config/config.ts'
import { withArchive } from './open-archive.ts'
import { ProgressLine } from './progress-line.ts'
import { reasonOf } from './reason-of.ts'

/**
 * `npm run archive -- [--month YYYY-MM] [--dry-run]`: moves a month to the archive, or all that are due. Exit code 0: done, or
 * nothing to do. 1: a month could not be archived. 2: wrong use.
 */
const USAGE = 'usage: npm run archive -- [--month YYYY-MM] [--dry-run]'

const IN_WORDS = {
  exporting: 'is being exported',
  uploaded: 'is in the store, not verified yet',
  verified: 'is verified in the store, and still in the database',
  detached: 'is archived; its rows are dropped at the end of the grace',
  dropped: 'is archived',
  restored: 'was restored to the database',
} as const

const config = readConfigOrExit()
const progress = new ProgressLine()
const use = readArguments()
if (use) {
  try {
    process.exitCode = (await run(use)) ? 0 : 1
  } catch (error) {
    fail(reasonOf(error))
    process.exitCode = 1
  }
}

interface Use {
  /** Undefined: all months that are due. */
  readonly month: string | undefined
  readonly isDry: boolean
}

function readArguments(): Use | undefined {
  try {
    const options = { month: { type: 'string' }, 'dry-run': { type: 'boolean' } } as const
    const { month, 'dry-run': isDry = false } = parseArgs({ options }).values
    if (month !== undefined && !/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw new Error('--month must be YYYY-MM.')
    return { month, isDry }
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exitCode = 2
    return undefined
  }
}

async function run({ month, isDry }: Use): Promise<boolean> {
  return withArchive(config, async ({ archiveDueMonths }) => {
    if (isDry) return printPlans(await archiveDueMonths.plan(month))
    let isGood = true
    let count = 0
    const isAlone = await archiveDueMonths.execute(
      month,
      ({ month: done, outcome }) => {
        progress.clear()
        count += 1
        if (!(outcome instanceof Error)) return console.log(`${done}  ${IN_WORDS[outcome]}`)
        isGood = false
        fail(`${done}  ${reasonOf(outcome)}`)
      },
      (work, done, of) => progress.show(`the ${work}`, done, of),
    )
    if (!isAlone) console.log('Another archiver is at work.')
    else if (count === 0) console.log('No month is due.')
    return isGood
  })
}

type Plans = Awaited<ReturnType<Parameters<Parameters<typeof withArchive>[1]>[0]['archiveDueMonths']['plan']>>

function printPlans(plans: Plans): boolean {
  if (!plans) console.log('Another archiver is at work.')
  else if (plans.length === 0) console.log('No month is due.')
  for (const { month, status, lotteries, ballots, obstacles } of plans ?? []) {
    const state = status === undefined ? 'is not archived yet' : IN_WORDS[status]
    console.log(`${month}  ${lotteries} lotteries, ${ballots} ballots; ${state}`)
    for (const obstacle of obstacles) console.log(`         ${obstacle}`)
  }
  return true
}

function fail(message: string): void {
  progress.clear()
  console.error(`FAIL  ${message}`)
}
