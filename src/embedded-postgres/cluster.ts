import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Launcher } from './launcher.ts'
import { isAlive } from './postmaster.ts'

const run = promisify(execFile)
const UNFINISHED = 'postgres.init-'

/**
 * Refuses a cluster of another user, whose files this process could not read. Root is exempt: it runs the server as the
 * owner.
 *
 * @throws Error naming the owner
 */
export async function refuseForeignCluster(clusterDir: string): Promise<void> {
  const uid = process.getuid?.()
  const owner = (await stat(clusterDir).catch(ignore('ENOENT')))?.uid
  if (uid !== 0 && owner !== undefined && owner !== uid)
    throw new Error(
      `${clusterDir} belongs to another user (uid ${owner}): start the service as that user or as root, ` +
        'or choose another DATA_DIR',
    )
}

/**
 * Returns the password in `passfile` (libpq format, mode 0600). Creates the file when it is missing.
 *
 * The file exists before the cluster. All processes that race for the first start read the same password, so the
 * password is valid no matter which process creates the cluster.
 *
 * @throws Error when the file of an existing cluster is lost
 */
export async function readPassword(passfile: string, clusterDir: string): Promise<string> {
  if (!(await exists(passfile))) {
    // Another process may have made both meanwhile, hence the second look at the file.
    if ((await exists(join(clusterDir, 'PG_VERSION'))) && !(await exists(passfile)))
      throw new Error(
        `${passfile} is missing, and the server in ${clusterDir} accepts only its password: restore the file from a ` +
          'backup, or make a new password as docs/operations.md says under "Lost password"',
      )
    const draft = unfinishedName(dirname(passfile))
    const line = `127.0.0.1:*:*:lottery:${randomBytes(24).toString('hex')}\n`
    await writeFile(draft, line, { mode: 0o600, flush: true })
    await link(draft, passfile).catch(ignore('EEXIST'))
    await rm(draft)
  }
  const password = (await readFile(passfile, 'utf8')).trim().split(':').at(-1)
  if (!password) throw new Error(`${passfile} holds no password: restore the file, or choose another DATA_DIR`)
  return password
}

/**
 * Creates the cluster unless it exists. initdb works on a draft, which is renamed when complete: a killed initdb leaves
 * no half-made cluster, and of two that run at once one wins.
 */
export async function createCluster(
  launcher: Launcher,
  dataDir: string,
  clusterDir: string,
  password: string,
  durable: boolean,
): Promise<void> {
  await removeUnfinished(dataDir)
  if (await exists(join(clusterDir, 'PG_VERSION'))) return

  const workDir = unfinishedName(dataDir)
  const [draft, pwfile] = [join(workDir, 'cluster'), join(workDir, 'password')]
  try {
    await mkdir(workDir, { mode: 0o700 })
    await writeFile(pwfile, password, { mode: 0o600 })
    const { account } = launcher
    if (account !== undefined) for (const path of [workDir, pwfile]) await chown(path, account.uid, account.gid)
    await initdb(launcher, draft, pwfile, durable)
    await rename(draft, clusterDir).catch(ignore('ENOTEMPTY', 'EEXIST')) // another process created the cluster first
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
  if (!(await exists(join(clusterDir, 'PG_VERSION'))))
    throw new Error(`${clusterDir} is not a PostgreSQL cluster: move it away, or choose another DATA_DIR`)
}

// The builtin locale C.UTF-8 sorts by code point on every machine, independent of libc and ICU.
async function initdb(launcher: Launcher, draft: string, pwfile: string, durable: boolean): Promise<void> {
  const { file, args, options } = launcher.command(launcher.initdb, [
    `--pgdata=${draft}`,
    '--username=lottery',
    `--pwfile=${pwfile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ])
  await run(file, args, options).catch((cause: Error & { stderr?: string }) => {
    throw new Error(`initdb failed: ${cause.stderr?.trim() || cause.message}`, { cause })
  })
}

const unfinishedName = (dataDir: string): string =>
  join(dataDir, `${UNFINISHED}${process.pid}-${randomBytes(4).toString('hex')}`)

// Removes the drafts of killed processes. Retries, since an initdb that outlived its parent may still be writing there.
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = Number.parseInt(name.slice(UNFINISHED.length), 10)
    if (name.startsWith(UNFINISHED) && !isAlive(pid))
      await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ignore('ENOENT'))) !== undefined
}

function ignore(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
