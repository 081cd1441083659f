import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Milliseconds until a run is killed: fsck v1.0.4 waits forever at some wrong full tiles. */
const FSCK_MS = 20_000

/** Milliseconds for the first call on a machine, which builds the program. */
export const FSCK_BUILD_MS = 300_000

/** What fsck says of the log in a folder. `key` is the file of the log's verifier key. */
export async function fsck(binary: string, log: { folder: string; origin: string; key: string }): Promise<string> {
  const url = pathToFileURL(`${log.folder}/`).href
  const args = ['-storage_url', url, '-origin', log.origin, '-public_key', log.key, '-ui=false', '-v', '1']
  return (await run(binary, args, { timeout: FSCK_MS })).stderr
}
