import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { sha256 } from './rfc6962.ts'

const run = promisify(execFile)

interface KnownLog {
  readonly origin: string
  readonly verifierKey: string
}

/** The real witness, in processes of its own: litewitness and the ssh-agent that holds its key. */
export class Litewitness implements AsyncDisposable {
  readonly name = 'witness.example/lite'
  /** Signature key as a C2SP verifier key. */
  verifierKey = ''
  readonly #binary: string
  readonly #folder: string
  readonly #port: number
  #agent: ChildProcess | undefined
  #witness: ChildProcess | undefined

  private constructor(binary: string, folder: string, port: number) {
    this.#binary = binary
    this.#folder = folder
    this.#port = port
  }

  /** Makes a key in the folder, starts the witness, and tells it the log that it cosigns. */
  static async start(binary: string, folder: string, log: KnownLog): Promise<Litewitness> {
    const witness = new Litewitness(binary, folder, await freePort())
    const key = join(folder, 'key')
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    witness.#agent = spawn('ssh-agent', ['-D', '-a', witness.#socket], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(witness.#agent.stdout as NodeJS.ReadableStream, 'data')
    await run('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: witness.#socket } })
    await witness.resume()
    await witness.#tell(log)
    return witness
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get #socket(): string {
    return join(this.#folder, 'agent')
  }

  get #database(): string {
    return join(this.#folder, 'litewitness.db')
  }

  /** Starts the witness on its database. */
  async resume(): Promise<void> {
    const { stdout } = await run('ssh-keygen', ['-l', '-f', join(this.#folder, 'key.pub')])
    const args = ['-name', this.name, '-db', this.#database, '-ssh-agent', this.#socket]
    const listen = ['-key', stdout.split(' ')[1] ?? '', '-listen', `127.0.0.1:${this.#port}`]
    this.#witness = spawn(this.#binary, [...args, ...listen], { stdio: ['ignore', 'ignore', 'pipe'] })
    const output: string[] = []
    for await (const line of createInterface({ input: this.#witness.stderr as NodeJS.ReadableStream })) {
      output.push(line)
      this.verifierKey = /vkey=(?:")?([^\s"]+)/.exec(line)?.[1] ?? this.verifierKey
      if (/msg=listening/.test(line)) break
    }
    await this.#answers(output)
  }

  /** Kills the witness in the middle of whatever it does. */
  async kill(): Promise<void> {
    if (!this.#witness || this.#witness.exitCode !== null) return
    this.#witness.kill('SIGKILL')
    await once(this.#witness, 'close')
  }

  /** Copies the database of the killed witness. Returns a function that puts the copy in the place of a later state. */
  async copyState(): Promise<() => Promise<void>> {
    await copyFile(this.#database, `${this.#database}.old`)
    return () => copyFile(`${this.#database}.old`, this.#database)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    if (!this.#agent) return
    this.#agent.kill()
    await once(this.#agent, 'close')
  }

  /** Resolves when the port answers: litewitness says that it listens shortly before it does. */
  async #answers(output: readonly string[]): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const answer = await fetch(this.url).catch((error: unknown) => error)
      if (answer instanceof Response) return
      if (tries === 100) throw new Error(`litewitness does not answer:\n${output.join('\n')}`, { cause: answer })
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Adds the log to the witness's database, as witnessctl does. */
  async #tell({ origin, verifierKey }: KnownLog): Promise<void> {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(this.#database)
    const add = database.prepare('insert into log (origin, tree_size, tree_hash) values (?, 0, ?)')
    add.run(origin, sha256().toString('base64'))
    database.prepare('insert into key (origin, key) values (?, ?)').run(origin, verifierKey)
    database.close()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
