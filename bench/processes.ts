import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { json, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** Server in a process of its own. */
export interface Server {
  readonly url: string
  readonly stop: () => Promise<unknown>
}

/**
 * Starts a server script of this folder and passes it a job. The server runs until `stop()` or until an abort.
 */
export async function startServer(script: string, job: object, signal: AbortSignal): Promise<Server> {
  const child = spawnScript(script, job, signal)
  const exit = once(child, 'close')
  const [url] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exit])) as unknown[]
  if (typeof url !== 'string') throw new Error(`${script} exited before it listened`)
  return {
    url,
    stop: () => {
      child.kill()
      return exit
    },
  }
}

/** Runs a script of this folder to its end with a job, and returns its output, parsed as JSON. */
export async function runJob<Result>(script: string, job: object, signal: AbortSignal): Promise<Result> {
  const child = spawnScript(script, job, signal)
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (code !== 0) throw new Error(`${script} exited with code ${code}`)
  return JSON.parse(output) as Result
}

/** Reads the job that the parent process passed on stdin. */
export async function readJob<Job>(): Promise<Job> {
  return (await json(process.stdin)) as Job
}

function spawnScript(script: string, job: object, signal: AbortSignal): ChildProcessByStdio<Writable, Readable, null> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    signal,
    killSignal: 'SIGKILL',
  })
  child.on('error', () => {}) // raised when the process is killed, which `close` reports
  child.stdin.on('error', () => {}) // raised when the process exits without reading its job, which `close` reports
  child.stdin.end(JSON.stringify(job))
  return child
}
