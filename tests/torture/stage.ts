import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from './database.ts'
import { Replica } from './replica.ts'

export const CLOSE_TOKEN = 'a-token-of-16-or-more'
const KEYS = {
  LEDGER_SIGNING_KEY: Buffer.alloc(32, 9).toString('base64'),
  TOKEN_SIGNING_KEY: Buffer.alloc(32, 8).toString('base64'),
}

/** Two replicas of the service on one database. */
export interface Stage<D extends Database = Database> extends AsyncDisposable {
  readonly replicas: readonly [Replica, Replica]
  readonly database: D
  /** Leaves the logs of the replicas behind, and returns their folder. */
  keepLogs(): string
}

/** Starts everything. `open` is given a new folder for the data. Leaving the scope of `await using` stops it, and removes its files. */
export async function openStage<D extends Database>(open: (folder: string) => Promise<D>): Promise<Stage<D>> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'lottery-torture-'))
  const data = join(folder, 'data')
  let removed = folder
  opened.defer(() => rm(removed, { recursive: true, force: true, maxRetries: 5 }))
  const database = opened.use(await open(data))
  const environment = { DATABASE_URL: database.url, INTERNAL_CLOSE_TOKEN: CLOSE_TOKEN, ...KEYS }
  const [one, two] = ['replica 1', 'replica 2'].map((name) => Replica.start(name, environment, folder))
  const replicas = [opened.use(await (one as Promise<Replica>)), opened.use(await (two as Promise<Replica>))] as const
  const stack = opened.move()
  const keepLogs = () => {
    removed = data
    return folder
  }
  return { replicas, database, keepLogs, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
