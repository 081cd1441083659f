import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Launcher } from './launcher.ts'
import { isAlive } from './postmaster.ts'

const run = promisify(execFile)
const UNFINISHED = 'postgres.init-'

/** Throws when the cluster is that of a user whom we cannot become: nothing in the folder would be readable. */
export async function refuseForeignCluster(clusterDir: string): Promise<void> {
  const uid = process.getuid?.()
  const owner = (await stat(clusterDir).catch(unless('ENOENT')))?.uid
  if (uid !== 0 && owner !== undefined && owner !== uid)
    throw new Error(
      `${clusterDir} belongs to another user (uid ${owner}): start as that user or as root, or choose another DATA_DIR`,
    )
}

/**
 * The password in `passfile` (libpq format, mode 0600), made when missing. It comes before the cluster, and every
 * starter that races for the first start reads the same one: whichever cluster wins, its password is known.
 */
export async function readPassword(passfile: string): Promise<string> {
  if (!(await exists(passfile))) {
    const draft = unfinishedName(dirname(passfile))
    const line = `127.0.0.1:*:*:lottery:${randomBytes(24).toString('hex')}\n`
    await writeFile(draft, line, { mode: 0o600, flush: true })
    await link(draft, passfile).catch(unless('EEXIST'))
    await rm(draft)
  }
  const password = (await readFile(passfile, 'utf8')).trim().split(':').at(-1)
  if (!password) throw new Error(`${passfile} holds no password`)
  return password
}

/** Makes the cluster unless it is there. It appears in one step: initdb may be killed at any point, or run twice. */
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
    await rename(draft, clusterDir).catch(unless('ENOTEMPTY', 'EEXIST')) // another starter was faster
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
  if (!(await exists(join(clusterDir, 'PG_VERSION'))))
    throw new Error(`${clusterDir} holds something that is no PostgreSQL cluster: move it away`)
}

// The builtin C.UTF-8 sorts by code point on every machine, whatever its libc or ICU.
async function initdb(launcher: Launcher, draft: string, pwfile: string, durable: boolean): Promise<void> {
  const { file, args, options } = launcher.command(launcher.initdb, [
    ...[`--pgdata=${draft}`, '--username=lottery', `--pwfile=${pwfile}`, '--auth=scram-sha-256', '--encoding=UTF8'],
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
    ...(durable ? [] : ['--no-sync']),
  ])
  await run(file, args, options).catch((cause: Error & { stderr?: string }) => {
    throw new Error(`initdb failed: ${cause.stderr?.trim() || cause.message}`, { cause })
  })
}

const unfinishedName = (dataDir: string): string =>
  join(dataDir, `${UNFINISHED}${process.pid}-${randomBytes(4).toString('hex')}`)

// What killed starters left. An initdb that outlived its starter may still be writing there, hence the retries.
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = Number.parseInt(name.slice(UNFINISHED.length), 10)
    if (name.startsWith(UNFINISHED) && !isAlive(pid))
      await rm(join(dataDir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(unless('ENOENT'))) !== undefined
}

function unless(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error
  }
}
