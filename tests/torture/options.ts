import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Kills } from './kills.ts'

export interface Options {
  /** For so long there are disturbances of all kinds. */
  readonly minutes: number
  /** Given: there are only kills, until there were so many, and the minutes do not count. */
  readonly kills: Kills | undefined
  /** The options that repeat the run, without the seed. */
  readonly repeat: string
  /** Decides which disturbances come, and when. */
  readonly seed: number
  /** Whether to delete one acknowledged ballot, so that the run must fail. */
  readonly loseOne: boolean
}

const USAGE = 'usage: npm run torture -- [--minutes 5 | --service-kills N --database-kills N] [--seed N] [--lose-one]'

/** Reads the command line. Prints one line and exits with 2 when an option is invalid. */
export function readOptionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exit(2)
  }
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '5' },
      'service-kills': { type: 'string' },
      'database-kills': { type: 'string' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      'lose-one': { type: 'boolean', default: false },
    },
  })
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (!(minutes > 0 && minutes <= 24 * 60)) throw new Error(`--minutes: "${values.minutes}" is not from 0 to 1440`)
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed: "${values.seed}" is not a whole number`)
  const goals = [values['service-kills'], values['database-kills']]
  const [service = 0, database = 0] = goals.map((goal) => Number(goal ?? 0))
  if (![service, database].every((goal) => Number.isSafeInteger(goal) && goal >= 0))
    throw new Error('--service-kills and --database-kills are whole numbers')
  const kills = goals.every((goal) => goal === undefined) ? undefined : { service, database }
  if (kills && service + database === 0) throw new Error('--service-kills and --database-kills are both 0')
  const repeat = kills ? `--service-kills ${service} --database-kills ${database}` : `--minutes ${minutes}`
  return { minutes, kills, repeat, seed, loseOne: values['lose-one'] }
}
