import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { readJob } from '../processes.ts'
import { type Latency, latencyOf } from '../statistics.ts'

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

interface Connection {
  readonly socket: Socket
  /** Moment at which the request in flight was due. Undefined when no request is in flight. */
  due: number | undefined
  /** Received part of the response, one character a byte. */
  response: string
}

/** Limit above which requests wait in this process. More sockets would not help a service that is so far behind. */
const MAX_CONNECTIONS = 2_000
/** Time limit for the last responses, in milliseconds. */
const LAST_RESPONSES_WITHIN_MS = 10_000

const { url, path, bodies, rate, warmup, seconds } = await readJob<OpenLoopJob>()
const { hostname, port, host } = new URL(url)
const requests = bodies.map((body) =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  ),
)
const connections = new Set<Connection>()
const idle: Connection[] = []
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
  const connection = idle.pop() ?? (connections.size < MAX_CONNECTIONS ? open() : undefined)
  if (!connection) return void waiting.push(due)
  connection.due = due
  connection.socket.write(requests[sent % requests.length] as Buffer)
  sent += 1
}

function open(): Connection {
  const connection: Connection = { socket: connect(Number(port), hostname), due: undefined, response: '' }
  connections.add(connection)
  connection.socket.setNoDelay()
  connection.socket.on('data', (bytes) => {
    connection.response += bytes.toString('latin1')
    if (isComplete(connection.response)) receive(connection)
  })
  connection.socket.on('error', () => {}) // `close` follows and counts the failure
  connection.socket.on('close', () => {
    if (connection.due !== undefined) failed += 1
    else idle.splice(idle.indexOf(connection), 1)
    connections.delete(connection)
  })
  return connection
}

function receive(connection: Connection): void {
  const due = connection.due as number
  if (connection.response.startsWith('HTTP/1.1 201')) succeeded += 1
  else refused += 1
  if (due >= measuredFrom) latencies.push(performance.now() - due)
  connection.due = undefined
  connection.response = ''
  idle.push(connection)
  const next = waiting.shift()
  if (next !== undefined) send(next)
}

function isComplete(response: string): boolean {
  const head = response.indexOf('\r\n\r\n')
  const length = head === -1 ? undefined : /\r\ncontent-length: (\d+)/i.exec(response)?.[1]
  return length !== undefined && response.length >= head + 4 + Number(length)
}
