import autocannon, { type Request } from 'autocannon'
import { readJob } from '../processes.ts'
import { type Latency, latencyOf } from '../statistics.ts'

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

const job = await readJob<LoadJob>()
const { urls, connections, requests, warmup, length } = job
const counts = { succeeded: 0, refused: 0, failed: 0 }
const latencies: number[] = []
const measuredFrom = performance.now() + warmup * 1_000
const measuredTo = 'seconds' in length ? measuredFrom + length.seconds * 1_000 : Number.POSITIVE_INFINITY
let measuredCount = 0
let lastMeasured = measuredFrom
let clientCount = 0

const load = autocannon({
  url: urls,
  connections,
  // autocannon checks the clock only now and then. Responses after the end of the measurement are left out below.
  ...('seconds' in length ? { duration: warmup + length.seconds } : { duration: 1, amount: length.requests }),
  sampleInt: 50,
  // Each connection gets only a share of the requests, since it keeps all its requests serialized in memory.
  setupClient: (client) => {
    client.setRequests(shareOf(clientCount))
    clientCount += 1
  },
})
load.on('response', (_client, status, _bytes, milliseconds) => {
  const receivedAt = performance.now()
  const isSuccess = status >= 200 && status < 300
  counts[isSuccess ? 'succeeded' : 'refused'] += 1
  if (!isSuccess || receivedAt < measuredFrom || receivedAt > measuredTo) return
  measuredCount += 1
  lastMeasured = receivedAt
  latencies.push(milliseconds)
})
load.on('reqError', () => {
  counts.failed += 1
})
await load

const seconds = ((Number.isFinite(measuredTo) ? measuredTo : lastMeasured) - measuredFrom) / 1_000
const result: LoadResult = { ...counts, rate: measuredCount / seconds, latency: latencyOf(latencies) }
process.stdout.write(JSON.stringify(result))

function shareOf(client: number): Request[] {
  const share = requests.filter((_, n) => n % connections === client % requests.length)
  return share.map((request) => ({ ...request })) // a copy, since autocannon modifies the requests that it gets
}
