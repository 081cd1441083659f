import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { told } from '../processes.ts'
import { type Latency, latencyOf } from '../statistics.ts'

/**
 * Requests at moments that are fixed beforehand, whether or not earlier ones were answered, as independent people send
 * them. A latency counts from the moment a request was due: one that had to wait for its turn here has waited.
 */
export interface OpenLoopJob {
  readonly url: string
  readonly path: string
  /** JSON, posted round and round. */
  readonly bodies: readonly string[]
  /** Requests a second. */
  readonly rate: number
  /** Seconds that are left out of the latencies. */
  readonly warmup: number
  readonly seconds: number
}

export interface OpenLoopResult {
  /** Answers with status 201, those of the warm-up included. */
  readonly succeeded: number
  readonly refused: number
  readonly failed: number
  readonly latency: Latency
}

interface Connection {
  readonly socket: Socket
  /** When the request in flight was to be sent; undefined while there is none. */
  due: number | undefined
  /** What has come of its answer, a character a byte. */
  answer: string
}

/** Past it requests wait here: a service that far behind is not helped by more sockets. */
const MAX_CONNECTIONS = 2_000
/** Milliseconds for the last answers. */
const LAST_ANSWERS_WITHIN = 10_000

const { url, path, bodies, rate, warmup, seconds } = await told<OpenLoopJob>()
const { hostname, port, host } = new URL(url)
const requests = bodies.map((body) =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  ),
)
const connections = new Set<Connection>()
const idle: Connection[] = []
const waiting: number[] = []
const latencies: number[] = []
let [sent, succeeded, refused, failed] = [0, 0, 0, 0]

const start = performance.now()
const measuredFrom = start + warmup * 1_000
const total = Math.round(rate * (warmup + seconds))
for (let scheduled = 0; scheduled < total; await setTimeout(1)) {
  const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * rate) + 1) // the first at once
  for (; scheduled < due; scheduled += 1) send(start + (scheduled / rate) * 1_000)
}
const inFlight = () => total - succeeded - refused - failed
for (const end = performance.now() + LAST_ANSWERS_WITHIN; inFlight() > 0 && performance.now() < end; )
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
  const connection: Connection = { socket: connect(Number(port), hostname), due: undefined, answer: '' }
  connections.add(connection)
  connection.socket.setNoDelay()
  connection.socket.on('data', (bytes) => {
    connection.answer += bytes.toString('latin1')
    if (isWhole(connection.answer)) answered(connection)
  })
  connection.socket.on('error', () => {}) // followed by `close`
  connection.socket.on('close', () => {
    if (connection.due !== undefined) failed += 1
    else idle.splice(idle.indexOf(connection), 1)
    connections.delete(connection)
  })
  return connection
}

function answered(connection: Connection): void {
  const due = connection.due as number
  if (connection.answer.startsWith('HTTP/1.1 201')) succeeded += 1
  else refused += 1
  if (due >= measuredFrom) latencies.push(performance.now() - due)
  connection.due = undefined
  connection.answer = ''
  idle.push(connection)
  const next = waiting.shift()
  if (next !== undefined) send(next)
}

function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n')
  const length = head === -1 ? undefined : /\r\ncontent-length: (\d+)/i.exec(answer)?.[1]
  return length !== undefined && answer.length >= head + 4 + Number(length)
}
