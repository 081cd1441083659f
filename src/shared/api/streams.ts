import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, onSendHookHandler, preHandlerHookHandler } from 'fastify'
import { Overloaded } from '../application/unavailable.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route answers with a stream of any length. */
    streams?: true
  }
}

/** Streams that are sent at once. Each holds a page in memory, and up to 4 MB in the kernel. */
const MAX_STREAMS = 8
/** Characters up to which an answer of many pages is sent as one text: the evidence of some 250 exclusions. */
const SHORT = 64 * 1024
/** Part of the time that the event loop works. Above it, other requests wait. */
const BUSY = 0.8
/** Milliseconds. A page that took long waited for a store, and such waiting disturbs no other request. */
const LONGEST_REST_MS = 50

/**
 * Answers at most `max` requests of streaming routes at once, and refuses more of them with 503 before they cost anything. A
 * HEAD reads the stream's first chunk, which decides the status, and no more; Fastify would read the whole stream. Must be
 * called after the hooks that may drop an answer.
 */
export function boundStreams(app: FastifyInstance, max = MAX_STREAMS): void {
  let open = 0
  const admit: preHandlerHookHandler = (_request, { raw }, done) => {
    if (open >= max) return done(new Overloaded())
    open += 1
    raw.once('close', () => {
      open -= 1
    })
    done()
  }
  const begin: onSendHookHandler = ({ method }, _reply, payload, done) => {
    if (method === 'HEAD') return beginning(payload, done)
    done(null, payload)
  }
  app.addHook('onRoute', (route) => {
    if (!route.config?.streams) return
    route.preHandler = [admit, ...[route.preHandler ?? []].flat()]
    route.onSend = [begin, ...[route.onSend ?? []].flat()]
  })
}

/**
 * An answer that is read page by page. All such answers of the process read one page at a time, and rest while the event
 * loop is busy, so that they leave two thirds of it to other requests.
 */
export function streamOf(pages: AsyncGenerator<string>): Readable {
  return Readable.from(inTurn(pages))
}

/** An answer as one text, which a route can keep in memory, where it is short; else as a stream of its pages. */
export async function textOrStreamOf(pages: AsyncGenerator<string>): Promise<string | Readable> {
  const read = inTurn(pages)
  let begun = ''
  for (;;) {
    const next = await read.next()
    if (next.done) return begun
    begun += next.value
    if (begun.length > SHORT) return Readable.from(after(begun, read))
  }
}

async function* after(begun: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield begun
  yield* rest
}

async function* inTurn(pages: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    for (;;) {
      const next = await TURNS.take(() => pages.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    await pages.return(undefined)
  }
}

/** Runs one piece of work at a time, and rests after each while the event loop is busy. */
class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #before = performance.eventLoopUtilization()

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      const since = performance.now()
      const result = await work()
      return { result, tookMs: performance.now() - since }
    })
    this.#last = turn.then(
      ({ tookMs }) => this.#rest(tookMs),
      () => {},
    )
    return turn.then(({ result }) => result)
  }

  async #rest(tookMs: number): Promise<void> {
    const { utilization } = performance.eventLoopUtilization(this.#before)
    this.#before = performance.eventLoopUtilization()
    if (utilization > BUSY) await sleep(Math.min(2 * tookMs, LONGEST_REST_MS))
  }
}

const TURNS = new Turns()

/** Passes on what Fastify's own HEAD makes an answer without a body of. It fails on null, which is the payload of a 304. */
function beginning(payload: unknown, done: (error: Error | null, payload?: unknown) => void): void {
  if (!(payload instanceof Readable)) {
    done(null, payload === null ? Readable.from([]) : payload)
    return
  }
  payload.once('error', done)
  payload.once('readable', () => {
    // An empty stream is readable too: at its end.
    payload
      .off('error', done)
      .on('error', () => {})
      .destroy()
    done(null, Readable.from([]))
  })
}
