import { readJob } from '../processes.ts'
import { type Latency, latencyOf } from '../statistics.ts'
import { bytesOf, Connection, type Request } from './connection.ts'

/** Milliseconds before a lost connection is opened again. */
const REOPEN_MS = 10

/** Closed-loop load: each connection sends its next request when it has the response to the last one. */
export interface LoadJob {
  /** Servers, to which the connections are assigned in turn. */
  readonly urls: readonly string[]
  readonly connections: number
  /** Requests to send in turn, again and again. */
  readonly requests: readonly Request[]
  /** Seconds before the measurement, left out of the rate and the latencies. */
  readonly warmup: number
  /** Length of the measurement in seconds, or as a total number of requests. */
  readonly length: { readonly seconds: number } | { readonly requests: number }
}

export interface LoadResult {
  /** Responses with a status of 200 to 299, including those of the warm-up. */
  readonly succeeded: number
  /** Responses with any other status, including those of the warm-up. */
  readonly refused: number
  /** Requests without a response, except those in flight at the end. */
  readonly failed: number
  /** Successes a second. */
  readonly rate: number
  readonly latency: Latency
}

const { urls, connections, requests, warmup, length } = await readJob<LoadJob>()
const counts = { succeeded: 0, refused: 0, failed: 0 }
const latencies: number[] = []
const measuredFrom = performance.now() + warmup * 1_000
const measuredTo = 'seconds' in length ? measuredFrom + length.seconds * 1_000 : Number.POSITIVE_INFINITY
const most = 'requests' in length ? length.requests : Number.POSITIVE_INFINITY
const prepared = new Map<string, Buffer>()
const open = new Set<Connection>()
const ended = Promise.withResolvers<void>()
let sent = 0
let measuredCount = 0
let lastMeasured = measuredFrom
if (Number.isFinite(measuredTo)) setTimeout(ended.resolve, measuredTo - performance.now())
for (let n = 0; n < connections; n += 1) loop(n)
await ended.promise
for (const connection of open) connection.end()

const seconds = ((Number.isFinite(measuredTo) ? measuredTo : lastMeasured) - measuredFrom) / 1_000
const result: LoadResult = { ...counts, rate: measuredCount / seconds, latency: latencyOf(latencies) }
process.stdout.write(JSON.stringify(result), () => process.exit())

/** Sends the requests of the n-th connection, each when the last one is answered. A lost connection is opened again. */
function loop(n: number): void {
  const url = urls[n % urls.length] as string
  let next = n % requests.length
  let sentAt: number | undefined
  const connection = new Connection(url, {
    onResponse: (status) => {
      receive(status, sentAt ?? 0)
      sentAt = undefined
      send()
    },
    onClose: () => {
      open.delete(connection)
      if (sentAt !== undefined) counts.failed += 1
      if (!isOver()) setTimeout(loop, REOPEN_MS, n)
    },
  })
  open.add(connection)
  send()

  function send(): void {
    if (isOver()) return
    sent += 1
    sentAt = performance.now()
    connection.send(bytesFor(url, next))
    next = (next + connections) % requests.length
  }
}

function receive(status: number, sentAt: number): void {
  const receivedAt = performance.now()
  const isSuccess = status >= 200 && status < 300
  counts[isSuccess ? 'succeeded' : 'refused'] += 1
  if (isSuccess && receivedAt >= measuredFrom && receivedAt <= measuredTo) {
    measuredCount += 1
    lastMeasured = receivedAt
    latencies.push(receivedAt - sentAt)
  }
  if (counts.succeeded + counts.refused + counts.failed >= most) ended.resolve()
}

function isOver(): boolean {
  return sent >= most || performance.now() >= measuredTo
}

function bytesFor(url: string, n: number): Buffer {
  const key = `${url} ${n}`
  const bytes = prepared.get(key) ?? bytesOf(url, requests[n] as Request)
  prepared.set(key, bytes)
  return bytes
}
