import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface Options {
  readonly minutes: number
  /** Decides which disturbances come, and when. */
  readonly seed: number
  /** Whether to delete one acknowledged ballot, so that the run must fail. */
  readonly loseOne: boolean
}

/** Reads the command line. Prints one line and exits with 2 when an option is invalid. */
export function readOptionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\nusage: npm run torture -- --minutes 5 [--seed N] [--lose-one]`)
    process.exit(2)
  }
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      'lose-one': { type: 'boolean', default: false },
    },
  })
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (!(minutes > 0 && minutes <= 24 * 60)) throw new Error(`--minutes: "${values.minutes}" is not from 0 to 1440`)
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed: "${values.seed}" is not a whole number`)
  return { minutes, seed, loseOne: values['lose-one'] }
}
