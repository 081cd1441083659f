import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Launcher } from './launcher.ts'

const run = promisify(execFile)

/** Main process of a PostgreSQL server, as described by its pid file. */
export interface Postmaster {
  readonly pid: number
  readonly clusterDir: string
  readonly port: number
  /** False during start, crash recovery and shutdown. */
  readonly ready: boolean
}

/** Finds the live server of a cluster. Removes a stale pid file that would keep PostgreSQL from starting. */
export async function findPostmaster(clusterDir: string): Promise<Postmaster | undefined> {
  const file = join(clusterDir, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(absent)
  if (text === undefined) return undefined
  const [pid = '', serverDir = '', , port = '', , , , status = ''] = text.split('\n')
  if (pid === '') {
    // PostgreSQL is writing the file at this moment. If the file is old, the machine went down between open and write.
    const age = Date.now() - ((await stat(file).catch(absent))?.mtimeMs ?? Date.now())
    if (age > 10_000) await removeStale(file, text)
    return undefined
  }
  if (!isAlive(Number(pid))) return undefined // PostgreSQL detects this itself, and checks for orphaned backends
  if (!(await isPostmaster(Number(pid), serverDir))) {
    // Another program has this pid now. PostgreSQL would refuse to start because of it.
    await removeStale(file, text)
    return undefined
  }
  if (serverDir !== clusterDir)
    throw new Error(
      `${clusterDir} was moved or copied while its server was running: stop the server of ${serverDir} (pid ${pid})`,
    )
  return { pid: Number(pid), clusterDir, port: Number(port), ready: status.trim() === 'ready' }
}

/** Starts a server on 127.0.0.1, on a free port unless the settings name one. The server outlives a killed service, and the next start adopts it. */
export async function spawnPostmaster(
  launcher: Launcher,
  clusterDir: string,
  logfile: string,
  settings: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const finalSettings = { port: String(await freePort()), ...settings }
  const { file, args, options } = launcher.command(launcher.postgres, [
    '-D',
    clusterDir,
    ...Object.entries(finalSettings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  const log = await open(logfile, 'a') // append mode: processes that race to start do not overwrite each other's lines
  try {
    await log.truncate()
    // `detached` gives the server its own session: Ctrl-C must reach only the service, which has requests to answer.
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

/**
 * Stops the server and resolves when its process is gone. Requests a fast shutdown first and an immediate one after
 * 10 s, which costs a recovery at the next start.
 *
 * @throws Error when the process is still there after another 10 s
 */
export async function stopPostmaster({ pid, clusterDir }: Postmaster): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!(await isPostmaster(pid, clusterDir))) return
    sendSignal(pid, signal)
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20))
      if (!(await isPostmaster(pid, clusterDir))) return
  }
  throw new Error(`could not stop PostgreSQL (pid ${pid}) within 20 s: stop the process by hand`)
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

// Compares the command line, since pids are reused. The command line is readable where /proc/<pid>/cwd is not. The
// command line of a zombie is empty.
async function isPostmaster(pid: number, clusterDir: string): Promise<boolean> {
  const command =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').then((text) => text.replaceAll('\0', ' '), absentProcess)
      : await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).then(({ stdout }) => stdout, absentProcess)
  return `${command.trimEnd()} `.includes(`postgres -D ${clusterDir} `)
}

const absentProcess = (): string => ''

// Removes the file only if its text is still the stale one: another process may have written a valid file meanwhile.
async function removeStale(file: string, staleText: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(absent)) === staleText) await rm(file, { force: true })
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
  if (address === null || typeof address === 'string') throw new Error('could not find a free TCP port on 127.0.0.1')
  return address.port
}
