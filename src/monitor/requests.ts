/** Requests to the service and to relays of the beacon. */
import { problemOf } from '../verify/document.ts'
import { chunksOf, linesOf } from '../verify/lines.ts'

const TEXT_TIMEOUT = 30_000
const STREAM_TIMEOUT = 600_000
/** Evidence with many exclusions is long: about 200 bytes for each of them. */
const MAX_TEXT = 500_000_000

/** No answer, or none that says anything. It proves nothing against the operator. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** Body of a successful response. @throws Unavailable */
export async function readText(url: string, max = MAX_TEXT): Promise<string> {
  const response = await request(url, TEXT_TIMEOUT)
  if (!response.ok) throw new Unavailable(`${url} answered ${await reasonOf(response)}`)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text = ''
  try {
    for await (const chunk of chunksOf(response.body ?? new ReadableStream())) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > max) throw new Error(`the response has more than ${max} characters`)
    }
    return text + decoder.decode()
  } catch (error) {
    throw unavailable(url, error)
  }
}

/**
 * Lines of a response.
 *
 * @throws Unavailable, also when the response breaks off
 */
export async function* readLines(url: string): AsyncGenerator<string> {
  const response = await request(url, STREAM_TIMEOUT)
  if (!response.ok) throw new Unavailable(`${url} answered ${await reasonOf(response)}`)
  try {
    if (response.body) yield* linesOf(chunksOf(response.body))
  } catch (error) {
    throw unavailable(url, error)
  }
}

async function request(url: string, timeout: number): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(timeout) })
  } catch (error) {
    throw unavailable(url, error)
  }
}

async function reasonOf(response: Response): Promise<string> {
  try {
    const text = await response.text()
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json')
    return isProblem ? problemOf(text) : String(response.status)
  } catch {
    return String(response.status)
  }
}

function unavailable(url: string, error: unknown): Unavailable {
  const { message, cause } = error as Error
  const reason = cause instanceof Error ? cause.message || cause.name : message
  return new Unavailable(`${url} did not answer: ${reason}`, { cause: error })
}
