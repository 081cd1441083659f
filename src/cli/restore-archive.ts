import { parseArgs } from 'node:util'
import { readConfigOrExit } from '../config/config.ts'
import { withArchive } from './open-archive.ts'
import { ProgressLine } from './progress-line.ts'
import { reasonOf } from './reason-of.ts'

/**
 * `npm run restore:archive -- --month YYYY-MM`: brings the rows of an archived month back to the database. Exit code 0: done.
 * 1: it could not be restored. 2: wrong use.
 */
const USAGE = 'usage: npm run restore:archive -- --month YYYY-MM'

const config = readConfigOrExit()
const progress = new ProgressLine()
const month = readMonth()
if (month !== undefined) {
  try {
    process.exitCode = (await restore(month)) ? 0 : 1
  } catch (error) {
    progress.clear()
    console.error(`FAIL  ${reasonOf(error)}`)
    process.exitCode = 1
  }
}

function readMonth(): string | undefined {
  try {
    const { month: given } = parseArgs({ options: { month: { type: 'string' } } }).values
    if (given === undefined || !/^\d{4}-(0[1-9]|1[0-2])$/.test(given)) throw new Error('--month must be YYYY-MM.')
    return given
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exitCode = 2
    return undefined
  }
}

async function restore(given: string): Promise<boolean> {
  return withArchive(config, async ({ restoreMonth }) => {
    const isDone = await restoreMonth.execute(given, (work, done, of) => progress.show(`the ${work}`, done, of))
    progress.clear()
    console.log(isDone ? `${given}  is in the database again` : 'Another archiver is at work.')
    return isDone
  })
}
