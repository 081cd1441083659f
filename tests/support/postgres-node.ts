import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findLauncher, type Launcher } from '../../src/embedded-postgres/launcher.ts'
import { freePort } from './free-port.ts'
import { query } from './test-clock.ts'
import { untilSucceeds } from './until-succeeds.ts'

const run = promisify(execFile)
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  fsync: 'off', // the tests kill processes, and no power fails
  wal_retrieve_retry_interval: '100ms', // with the default of 5 s, some promotions wait for it
}

/** One server of a cluster with streaming replication: its data folder, its port and, while it runs, its process. */
export class PostgresNode {
  readonly name: string
  /** Another one after each copy. While the server is away, others may take the one that it had. */
  port: number
  readonly #folder: string
  readonly #programs: string
  readonly #launcher: Launcher
  #postmaster: ChildProcess | undefined

  private constructor(name: string, port: number, parent: string, programs: string, launcher: Launcher) {
    this.name = name
    this.port = port
    this.#folder = join(parent, name)
    this.#programs = programs
    this.#launcher = launcher
  }

  /** A server without data, to be kept in a folder below `parent`, with the programs of the folder `programs`. */
  static async at(parent: string, programs: string, name: string): Promise<PostgresNode> {
    return new PostgresNode(name, await freePort(), parent, programs, await findLauncher(parent, join(parent, name)))
  }

  /** URL of a database, as its owner. */
  urlOf(database: string): string {
    return `postgres://lottery@127.0.0.1:${this.port}/${database}`
  }

  /** Makes an empty cluster. Every local user may connect to it. */
  async init(): Promise<void> {
    const how = ['--username=lottery', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
    await this.#run('initdb', [`--pgdata=${this.#folder}`, ...how])
  }

  /** Replaces all data by a copy of a running primary. Afterwards this server starts as its standby, under its own name. */
  async copy(primary: PostgresNode): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
    this.port = await freePort()
    const from = `host=127.0.0.1 port=${primary.port} user=lottery application_name=${this.name}`
    const how = ['--write-recovery-conf', '--checkpoint=fast', '--no-sync']
    await this.#run('pg_basebackup', [`--dbname=${from}`, `--pgdata=${this.#folder}`, ...how])
  }

  /** Starts the server, and resolves when it answers. `settings` override those of its folder. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    const all = Object.entries({ ...SETTINGS, port: String(this.port), ...settings })
    const { file, args, options } = this.#launcher.command(join(this.#programs, 'postgres'), [
      '-D',
      this.#folder,
      ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    this.#postmaster = spawn(file, args, { ...options, stdio: 'ignore' })
    await untilSucceeds(() => query(this.urlOf('postgres'), 'select'))
  }

  /** Kills the server as the loss of its machine does: without a last word of any of its processes. */
  async kill(): Promise<void> {
    const postmaster = this.#postmaster
    if (postmaster?.exitCode !== null || postmaster.signalCode !== null) return
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(postmaster.pid)])
    const exit = once(postmaster, 'exit')
    for (const pid of [Number(postmaster.pid), ...stdout.split('\n').map(Number)]) {
      if (pid > 0) killIfAlive(pid)
    }
    await exit
  }

  /** Makes a standby the primary, and resolves when it accepts writes. */
  async promote(): Promise<void> {
    await this.#run('pg_ctl', ['promote', '--wait', '-D', this.#folder])
  }

  async #run(program: string, given: readonly string[]): Promise<void> {
    const { file, args, options } = this.#launcher.command(join(this.#programs, program), given)
    await run(file, args, options)
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended by itself
  }
}
