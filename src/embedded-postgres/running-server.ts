import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { readPassword } from './cluster.ts'
import { findPostmaster } from './postmaster.ts'

/**
 * Connection URL of the server that runs on the cluster in `<dataDir>/postgres`, whether or not its service runs too;
 * undefined when no server is ready. Unlike a start, this neither owns nor stops the server. The URL holds the password.
 */
export async function urlOfRunningServer(dataDir: string): Promise<string | undefined> {
  const home = await realpath(dataDir).catch(() => undefined)
  if (home === undefined) return undefined
  const clusterDir = join(home, 'postgres')
  const postmaster = await findPostmaster(clusterDir)
  if (!postmaster?.ready) return undefined
  const password = await readPassword(join(home, 'pgpass'), clusterDir)
  return `postgres://lottery:${password}@127.0.0.1:${postmaster.port}/lottery`
}
