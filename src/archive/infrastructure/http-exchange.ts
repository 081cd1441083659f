import { createReadStream } from 'node:fs'
import http, { type IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import { pipeline } from 'node:stream/promises'
import type { ArchiveObject } from '../application/object-store.ts'
import { sizeOf } from './object-content.ts'

const OPTIONS = { keepAlive: true, maxSockets: 64 }
const AGENTS = { 'http:': new http.Agent(OPTIONS), 'https:': new https.Agent(OPTIONS) }
/** Bytes of a file that a store is given a millisecond for, to write it down after it arrived. */
const BYTES_A_MS = 10_000

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly content?: ArchiveObject['content']
  /** Makes bytes of the body of a success. Without it, they are those of the body. */
  readonly receive?: (body: AsyncIterable<Uint8Array>) => Promise<Buffer>
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * Sends one request, and returns the answer. A file is streamed from the disk. Rejects when the connection breaks, and after
 * `timeoutMs` without progress. Connections are kept for further requests.
 */
export async function exchange(
  { method, url, headers, content = new Uint8Array(), receive = collect }: HttpRequest,
  timeoutMs: number,
): Promise<HttpAnswer> {
  const { request } = url.protocol === 'https:' ? https : http
  const agent = AGENTS[url.protocol === 'https:' ? 'https:' : 'http:']
  const timeout = timeoutMs + sizeOf(content) / BYTES_A_MS
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const sent = request(url, { method, headers, agent, timeout })
  sent.once('timeout', () => fail(new Error(`the store made no progress for ${Math.round(timeout)} ms`)))
  sent.on('error', reject)
  sent.once('response', (answer) => {
    const { statusCode: status = 0, headers } = answer
    const read = status < 300 ? receive : collect
    read(answer).then((body) => {
      resolve({ status, headers, body })
      if (!sent.writableFinished) sent.destroy() // the store does not want the rest
    }, fail)
  })
  if (content instanceof Uint8Array || content.size === 0) sent.end(content instanceof Uint8Array ? content : undefined)
  else pipeline(createReadStream(content.path, { end: content.size - 1 }), sent).catch(fail)
  return promise

  function fail(error: Error): void {
    reject(error)
    sent.destroy(error)
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces)
}
