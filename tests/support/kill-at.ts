import { writeFileSync } from 'node:fs'
import pg from 'pg'
import { FileObjectStore } from '../../src/archive/infrastructure/file-object-store.ts'

/**
 * Loaded before a command of the archive, with --import. Kills the process with SIGKILL at the moment of KILL_AT: a statement or a
 * call of the store, before it is sent, while it runs, or after its answer.
 */
export interface Moment {
  readonly when: 'before' | 'during' | 'after'
  /** Pattern of a statement with its values, or of a call of the store: `put manifest/2031-05.json`. */
  readonly of: string
  /** Which of the statements and calls that match; by default the first. */
  readonly nth?: number
  /** How many statements and calls later than that one; by default none. */
  readonly later?: number
  /** Pattern of a statement or a call that is never sent: before the first one, the process is killed at the latest. */
  readonly atLatest?: string
  /** File that gets the number of all statements and calls so far. */
  readonly countTo?: string
}

type Method = (...args: unknown[]) => unknown

const { when, of, nth = 1, later = 0, atLatest, countTo } = JSON.parse(process.env['KILL_AT'] ?? '') as Moment
const pattern = new RegExp(of)
const limit = atLatest === undefined ? undefined : new RegExp(atLatest)
let calls = 0
let matches = 0
let killsAt: number | undefined

watch(pg.Client.prototype, 'query', (statement, values) => {
  const { text = statement, values: own = values } = Object(statement) as { text?: unknown; values?: unknown }
  return `${String(text)} ${Array.isArray(own) ? own.map(String).join() : ''}`
})
for (const name of ['put', 'get', 'range', 'sizeOf', 'replace'] as const) {
  watch(FileObjectStore.prototype, name, (object) => `${name} ${(object as { key?: string }).key ?? String(object)}`)
}

function watch<Name extends string>(prototype: { [name in Name]: unknown }, name: Name, describe: Method): void {
  const method = prototype[name] as Method
  prototype[name] = function (this: unknown, ...args: unknown[]) {
    calls += 1
    const call = String(describe(...args))
    if (pattern.test(call) && ++matches === nth) killsAt = calls + later
    const isIt = calls === killsAt
    if ((isIt && when === 'before') || limit?.test(call)) return die()
    const result = method.apply(this, args)
    if (!isIt) return result
    if (when === 'after' && result instanceof Promise) return result.then(die)
    setImmediate(() => void die())
    return result
  }
}

function die(): Promise<never> {
  if (countTo) writeFileSync(countTo, String(calls))
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}
