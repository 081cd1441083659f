import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { findPostmaster } from './postmaster.ts'

/**
 * Connection URL of the server that runs on the cluster in `<dataDir>/postgres`, whether or not its service runs too;
 * undefined when no server is ready. Unlike a start, this neither owns nor stops the server. The URL holds the password.
 */
export async function urlOfRunningServer(dataDir: string): Promise<string | undefined> {
  const home = await realpath(dataDir).catch(() => undefined)
  if (home === undefined) return undefined
  const postmaster = await findPostmaster(join(home, 'postgres'))
  if (!postmaster?.ready) return undefined
  const password = (await readFile(join(home, 'pgpass'), 'utf8')).trim().split(':').at(-1)
  return `postgres://lottery:${password}@127.0.0.1:${postmaster.port}/lottery`
}
