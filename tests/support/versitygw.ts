import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { AwsClient } from 'aws4fetch'
import type { S3Settings } from '../../src/archive/infrastructure/object-store-settings.ts'
import { goPeer } from './go-peer.ts'
import { freePorts } from './kafka/broker/ports.ts'

const run = promisify(execFile)
const BUCKET = 'archive'
const REGION = 'us-east-1'

/** Milliseconds for the `beforeAll` that starts the store: the first one on a machine builds it, which takes minutes. */
export const VERSITYGW_START_MS = 900_000

/** A store of S3 in a process of its own, with a bucket that has versions and object lock. */
export class Versitygw implements AsyncDisposable {
  readonly settings: S3Settings
  readonly #binary: string
  readonly #folder: string
  readonly #port: number
  #process: ChildProcess | undefined

  private constructor(binary: string, folder: string, port: number) {
    const [accessKeyId, secretAccessKey] = [randomBytes(8).toString('hex'), randomBytes(16).toString('hex')]
    const endpoint = `http://127.0.0.1:${port}`
    this.settings = { bucket: BUCKET, prefix: 'old', region: REGION, endpoint, accessKeyId, secretAccessKey }
    this.#binary = binary
    this.#folder = folder
    this.#port = port
  }

  /** Starts the store on a new folder. Returns undefined, and prints the reason, where it cannot be had. */
  static async start(): Promise<Versitygw | undefined> {
    const binary = await goPeer('versitygw')
    if ('missing' in binary) {
      console.log(`The tests with a real store of S3 are skipped: ${binary.missing}`)
      return undefined
    }
    const [port = 0] = await freePorts(1)
    const store = new Versitygw(binary.path, await mkdtemp(join(tmpdir(), 'versitygw-')), port)
    try {
      await store.resume()
      const made = await store.fetch('PUT', '', { 'x-amz-bucket-object-lock-enabled': 'true' })
      if (!made.ok) throw new Error(`the bucket cannot be made: ${await made.text()}`)
      return store
    } catch (error) {
      await store[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Starts the process on the folder, or goes on with the one that is paused. */
  async resume(): Promise<void> {
    if (this.#isRunning) {
      this.#process?.kill('SIGCONT')
      return
    }
    const [data, versions] = [join(this.#folder, 'data'), join(this.#folder, 'versions')]
    await Promise.all([data, versions].map((folder) => mkdir(folder, { recursive: true })))
    const listen = ['--port', `127.0.0.1:${this.#port}`, '--keep-alive', '--quiet']
    const { accessKeyId: ROOT_ACCESS_KEY_ID, secretAccessKey: ROOT_SECRET_ACCESS_KEY } = this.settings
    const started = spawn(this.#binary, [...listen, 'posix', '--versioning-dir', versions, data], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ROOT_ACCESS_KEY_ID, ROOT_SECRET_ACCESS_KEY },
    })
    this.#process = started
    const output: string[] = []
    started.stderr?.on('data', (text) => output.push(String(text)))
    await this.#answers(started, output)
  }

  /** Stops all work, so that requests hang. Resolves when all has stopped. `resume` goes on. */
  async pause(): Promise<void> {
    this.#process?.kill('SIGSTOP')
    for (let state = ''; !state.startsWith('T'); )
      state = (await run('ps', ['-o', 'stat=', '-p', String(this.#process?.pid)])).stdout
  }

  /** Kills the process in the middle of whatever it does. `resume` starts it again. */
  async kill(): Promise<void> {
    if (!this.#process || !this.#isRunning) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Sends a signed request, as any other client of the bucket would. `path` begins with a slash, or is empty. */
  fetch(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> {
    const { accessKeyId, secretAccessKey } = this.settings
    const client = new AwsClient({ accessKeyId, secretAccessKey, region: REGION, service: 's3', retries: 0 })
    return client.fetch(`${this.settings.endpoint}/${BUCKET}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
    })
  }

  get #isRunning(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null
  }

  /** Resolves when the port answers. */
  async #answers(started: ChildProcess, output: readonly string[]): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      const answer = await fetch(`${this.settings.endpoint}`).catch((error: unknown) => error)
      if (answer instanceof Response) return
      if (started.exitCode !== null || tries === 500) {
        throw new Error(`versitygw does not answer:\n${output.join('')}`, { cause: answer })
      }
      await setTimeout(10)
    }
  }
}
