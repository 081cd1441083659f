import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { json, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** A server in a process of its own. */
export interface Server {
  readonly url: string
  readonly stop: () => Promise<unknown>
}

/** Starts a script of this folder that serves, with what it is told; it lives until it is stopped, or the signal. */
export async function startServer(script: string, told: object, signal: AbortSignal): Promise<Server> {
  const child = start(script, told, signal)
  const exit = once(child, 'close')
  const [url] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exit])) as unknown[]
  if (typeof url !== 'string') throw new Error(`${script} ended before it listened`)
  return {
    url,
    stop: () => {
      child.kill()
      return exit
    },
  }
}

/** Runs a script of this folder to its end, and gives what it answers. */
export async function runJob<Result>(script: string, told: object, signal: AbortSignal): Promise<Result> {
  const child = start(script, told, signal)
  const [answer, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (code !== 0) throw new Error(`${script} failed (${code})`)
  return JSON.parse(answer) as Result
}

/** What the process that started this one told it. */
export async function told<Job>(): Promise<Job> {
  return (await json(process.stdin)) as Job
}

function start(script: string, told: object, signal: AbortSignal): ChildProcessByStdio<Writable, Readable, null> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    signal,
    killSignal: 'SIGKILL',
  })
  child.on('error', () => {}) // that it was killed, which `close` tells
  child.stdin.on('error', () => {}) // likewise
  child.stdin.end(JSON.stringify(told))
  return child
}
