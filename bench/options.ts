import { parseArgs } from 'node:util'

export interface Options {
  /** Number of ballots in the large lottery. */
  readonly rows: number
  /** Numbers of service processes to measure. The processes share one database. */
  readonly replicas: readonly number[]
  /** Length of each load phase in seconds, without its warm-up. */
  readonly seconds: number
  /** Number of connections in each load phase that does not measure latency. */
  readonly connections: number
  /** Number of submits after which memory is measured, and compared with the memory after a tenth of them. */
  readonly submits: number
  /** Whether to print JSON instead of the table. */
  readonly json: boolean
}

/** Reads the command line. Prints one line and exits with 2 when an option is invalid. */
export function readOptionsOrExit(): Options {
  try {
    return readOptions()
  } catch (error) {
    console.error((error as Error).message)
    process.exit(2)
  }
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '10000000' },
      replicas: { type: 'string', default: '2,4' },
      seconds: { type: 'string', default: '8' },
      connections: { type: 'string', default: '256' },
      submits: { type: 'string', default: '1000000' },
      json: { type: 'boolean', default: false },
    },
  })
  return {
    rows: wholeNumber('rows', values.rows, 1_000),
    replicas: values.replicas.split(',').map((count) => wholeNumber('replicas', count, 2)),
    seconds: wholeNumber('seconds', values.seconds, 1),
    connections: wholeNumber('connections', values.connections, 1),
    submits: wholeNumber('submits', values.submits, 10_000),
    json: values.json,
  }
}

function wholeNumber(name: string, text: string, min: number): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < min)
    throw new Error(`--${name}: "${text}" is not a whole number of at least ${min}`)
  return number
}
