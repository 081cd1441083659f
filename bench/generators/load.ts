import autocannon, { type Request } from 'autocannon'
import { told } from '../processes.ts'
import { type Latency, latencyOf } from '../statistics.ts'

/** As many requests as a number of connections can make, each sending the next when the last is answered. */
export interface LoadJob {
  /** Connections are dealt out to them in turn. */
  readonly urls: readonly string[]
  readonly connections: number
  /** Sent round and round. */
  readonly requests: readonly Request[]
  /** Seconds that are left out of the rate and the latencies. */
  readonly warmup: number
  /** Seconds; or a number of requests, however long they take. */
  readonly length: { readonly seconds: number } | { readonly requests: number }
}

export interface LoadResult {
  /** Answers with a status of 200 to 299, those of the warm-up included. */
  readonly succeeded: number
  readonly refused: number
  /** Requests that were not answered, but for those in flight at the end. */
  readonly failed: number
  /** Successes a second. */
  readonly rate: number
  readonly latency: Latency
}

const job = await told<LoadJob>()
const { urls, connections, requests, warmup, length } = job
const [counts, latencies] = [{ succeeded: 0, refused: 0, failed: 0 }, [] as number[]]
const from = performance.now() + warmup * 1_000
const to = 'seconds' in length ? from + length.seconds * 1_000 : Number.POSITIVE_INFINITY
let measured = 0
let last = from
let clients = 0

const load = autocannon({
  url: urls,
  connections,
  // It looks at the clock now and then only: what comes after the end is answered, but not measured.
  ...('seconds' in length ? { duration: warmup + length.seconds } : { duration: 1, amount: length.requests }),
  sampleInt: 50,
  // Each connection has a share of its own, since it keeps every request it ever sends ready made.
  setupClient: (client) => {
    client.setRequests(shareOf(clients))
    clients += 1
  },
})
load.on('response', (_client, status, _bytes, milliseconds) => {
  const at = performance.now()
  const isSuccess = status >= 200 && status < 300
  counts[isSuccess ? 'succeeded' : 'refused'] += 1
  if (!isSuccess || at < from || at > to) return
  measured += 1
  last = at
  latencies.push(milliseconds)
})
load.on('reqError', () => {
  counts.failed += 1
})
await load

const seconds = ((Number.isFinite(to) ? to : last) - from) / 1_000
const result: LoadResult = { ...counts, rate: measured / seconds, latency: latencyOf(latencies) }
process.stdout.write(JSON.stringify(result))

function shareOf(client: number): Request[] {
  const share = requests.filter((_, n) => n % connections === client % requests.length)
  return share.map((request) => ({ ...request })) // it writes into what it is given
}
