import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { vi } from 'vitest'
import type { ArchivedMonth } from './archived-month.ts'
import type { Moment } from './kill-at.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const ARCHIVERS = `
  select from pg_stat_activity where datname = current_database() and application_name = 'lottery-service archive'`

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

/** Environment of a service, or of a command, with the archive of the month; without a grace. */
export function environmentOf({ service, folder }: ArchivedMonth): Record<string, string> {
  return {
    DATABASE_URL: service.url,
    LEDGER_SIGNING_KEY: Buffer.alloc(32, 9).toString('base64'),
    ARCHIVE_URL: pathToFileURL(folder).href,
    ARCHIVE_AFTER_MONTHS: '3',
    ARCHIVE_GRACE_DAYS: '0',
  }
}

/** Runs a command of src/cli in a process of its own, with only this environment. */
export async function runCli(
  file: 'archive' | 'restore-archive',
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Promise<Ended> {
  const { PATH } = process.env
  const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/lottery-service')
  const env = { PATH, NODE_COMPILE_CACHE, ...environment }
  const child = spawn(process.execPath, [...nodeOptions, `src/cli/${file}.ts`, ...args], {
    cwd: ROOT,
    env,
    stdio: 'pipe',
  })
  const exit = once(child, 'exit')
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code, signal] = (await exit) as [Ended['code'], Ended['signal']]
  return { code, signal, output, errors }
}

/** Resolves when an archiver waits for a lock. */
export async function untilArchiverWaits({ service }: ArchivedMonth): Promise<void> {
  await vi.waitFor(
    async () => {
      const rows = await service.query(`${ARCHIVERS} and wait_event_type = 'Lock'`)
      if (rows.length === 0) throw new Error('no archiver waits for a lock')
    },
    { timeout: 20_000, interval: 50 },
  )
}

/** Runs a command that kills itself with SIGKILL at a moment. Resolves when its connection is gone too. */
export async function killCli(
  month: ArchivedMonth,
  file: 'archive' | 'restore-archive',
  args: readonly string[],
  moment: Moment,
): Promise<Ended> {
  const environment = { ...environmentOf(month), KILL_AT: JSON.stringify(moment) }
  const ended = await runCli(file, args, environment, ['--import', './tests/support/kill-at.ts'])
  await vi.waitFor(
    async () => {
      const rows = await month.service.query(ARCHIVERS)
      if (rows.length > 0) throw new Error('the connection of the killed archiver goes on')
    },
    { timeout: 10_000, interval: 20 },
  )
  return ended
}
