import { setTimeout } from 'node:timers/promises'
import { readJob } from '../processes.ts'
import { type Latency, latencyOf } from '../statistics.ts'
import { bytesOf, Connection } from './connection.ts'

/**
 * Open-loop load: requests are due at fixed moments, whether or not earlier ones have a response, like requests of
 * independent people. A latency starts at the moment the request was due, so it includes a wait for a connection.
 */
export interface OpenLoopJob {
  readonly url: string
  readonly path: string
  /** JSON bodies to post in turn, again and again. */
  readonly bodies: readonly string[]
  /** Requests a second. */
  readonly rate: number
  /** Seconds before the measurement, left out of the latencies. */
  readonly warmup: number
  /** Length of the measurement. */
  readonly seconds: number
}

export interface OpenLoopResult {
  /** Responses with status 201, including those of the warm-up. */
  readonly succeeded: number
  /** Responses with any other status, including those of the warm-up. */
  readonly refused: number
  /** Requests without a response. */
  readonly failed: number
  readonly latency: Latency
}

/** A connection, and the moment at which its request in flight was due. */
interface Slot {
  readonly connection: Connection
  due: number | undefined
}

/** Limit above which requests wait in this process. More sockets would not help a service that is so far behind. */
const MAX_CONNECTIONS = 2_000
/** Time limit for the last responses, in milliseconds. */
const LAST_RESPONSES_WITHIN_MS = 10_000

const { url, path, bodies, rate, warmup, seconds } = await readJob<OpenLoopJob>()
const headers = { 'content-type': 'application/json' }
const requests = bodies.map((body) => bytesOf(url, { method: 'POST', path, headers, body }))
const slots = new Set<Slot>()
const idle: Slot[] = []
/** Due moments of the requests that wait for a connection. */
const waiting: number[] = []
const latencies: number[] = []
let [sent, succeeded, refused, failed] = [0, 0, 0, 0]

const start = performance.now()
const measuredFrom = start + warmup * 1_000
const total = Math.round(rate * (warmup + seconds))
for (let scheduled = 0; scheduled < total; await setTimeout(1)) {
  // One is added because the first request is due at once.
  const dueCount = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * rate) + 1)
  for (; scheduled < dueCount; scheduled += 1) send(start + (scheduled / rate) * 1_000)
}
const inFlight = () => total - succeeded - refused - failed
for (const end = performance.now() + LAST_RESPONSES_WITHIN_MS; inFlight() > 0 && performance.now() < end; )
  await setTimeout(10)

const result: OpenLoopResult = { succeeded, refused, failed: failed + inFlight(), latency: latencyOf(latencies) }
process.stdout.write(JSON.stringify(result), () => process.exit())

function send(due: number): void {
  const slot = idle.pop() ?? (slots.size < MAX_CONNECTIONS ? open() : undefined)
  if (!slot) return void waiting.push(due)
  slot.due = due
  slot.connection.send(requests[sent % requests.length] as Buffer)
  sent += 1
}

function open(): Slot {
  const connection = new Connection(url, {
    onResponse: (status) => receive(slot, status),
    onClose: () => {
      if (slot.due !== undefined) failed += 1
      else idle.splice(idle.indexOf(slot), 1)
      slots.delete(slot)
    },
  })
  const slot: Slot = { connection, due: undefined }
  slots.add(slot)
  return slot
}

function receive(slot: Slot, status: number): void {
  const due = slot.due as number
  if (status === 201) succeeded += 1
  else refused += 1
  if (due >= measuredFrom) latencies.push(performance.now() - due)
  slot.due = undefined
  idle.push(slot)
  const next = waiting.shift()
  if (next !== undefined) send(next)
}
