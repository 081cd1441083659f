import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Launcher } from './launcher.ts'

const run = promisify(execFile)

/** The main process of a PostgreSQL server, as its pid file tells. */
export interface Postmaster {
  readonly pid: number
  readonly clusterDir: string
  readonly port: number
  /** False during start, crash recovery and shutdown. */
  readonly ready: boolean
}

/** The live server on this cluster. A pid file that would wrongly keep PostgreSQL from starting is removed. */
export async function findPostmaster(clusterDir: string): Promise<Postmaster | undefined> {
  const file = join(clusterDir, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(absent)
  if (text === undefined) return undefined
  const [pid = '', home = '', , port = '', , , , status = ''] = text.split('\n')
  if (pid === '') {
    // Being written at this moment, unless it is old: then the machine went down between open and write.
    const age = Date.now() - ((await stat(file).catch(absent))?.mtimeMs ?? Date.now())
    if (age > 10_000) await removeStale(file, text)
    return undefined
  }
  if (!isAlive(Number(pid))) return undefined // PostgreSQL sees that itself, and checks for orphaned backends
  if (!(await isPostmaster(Number(pid), home))) {
    await removeStale(file, text) // the pid belongs to a stranger now, for whom PostgreSQL would refuse to start
    return undefined
  }
  if (home !== clusterDir)
    throw new Error(`${clusterDir} was moved or copied while its server (pid ${pid}, ${home}) was running: stop that`)
  return { pid: Number(pid), clusterDir, port: Number(port), ready: status.trim() === 'ready' }
}

/** Starts a server on a free port of 127.0.0.1. It lives on when we are killed, and the next start adopts it. */
export async function spawnPostmaster(
  launcher: Launcher,
  clusterDir: string,
  logfile: string,
  settings: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const all = { ...settings, port: String(await freePort()) }
  const { file, args, options } = launcher.command(launcher.postgres, [
    ...['-D', clusterDir],
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  const log = await open(logfile, 'a') // appending, so that a racing starter's lines do not overwrite ours
  try {
    await log.truncate()
    // Its own session: Ctrl-C in the terminal must reach the service alone, which still has requests to answer.
    const child = spawn(file, args, {
      ...options,
      env: { ...options.env, ...environment },
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    child.unref()
    await once(child, 'spawn')
    return child
  } finally {
    await log.close()
  }
}

/** Returns when the process is gone. Fast shutdown first; immediate after 10 s, which costs a recovery at next start. */
export async function stopPostmaster({ pid, clusterDir }: Postmaster): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!(await isPostmaster(pid, clusterDir))) return
    sendSignal(pid, signal)
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20))
      if (!(await isPostmaster(pid, clusterDir))) return
  }
  throw new Error(`PostgreSQL (pid ${pid}) does not stop`)
}

export function isAlive(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 0 && sendSignal(pid, 0)
}

function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return true
    throw error
  }
}

// By command line: pids are reused, and it is readable where /proc/<pid>/cwd is not. A zombie has an empty one.
async function isPostmaster(pid: number, clusterDir: string): Promise<boolean> {
  const command =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').then((text) => text.replaceAll('\0', ' '), absentProcess)
      : await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).then(({ stdout }) => stdout, absentProcess)
  return `${command.trimEnd()} `.includes(`postgres -D ${clusterDir} `)
}

const absentProcess = (): string => ''

// Only the text that was judged: by now a racing starter may have written a good one.
async function removeStale(file: string, judged: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(absent)) === judged) await rm(file, { force: true })
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('the system gave no TCP port')
  return address.port
}
