import type { FastifyInstance } from 'fastify'
import { HttpError } from './problem-of.ts'

/**
 * Makes uncompressed JSON the only kind of body, and parses it strictly: bytes that are not UTF-8, repeated fields and
 * `__proto__` are refused. JSON.parse alone would give U+FFFD, the last of the repeated fields, and a poisoned object.
 */
export function registerJsonBody(app: FastifyInstance): void {
  app.addHook('preParsing', ({ headers }, _reply, payload, done) => {
    const { 'content-encoding': coding = 'identity' } = headers
    if (coding.toLowerCase() === 'identity') done(null, payload)
    else done(new HttpError(415, 'Send the body uncompressed, without the header Content-Encoding.'))
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body))
    } catch (error) {
      done(error as Error)
    }
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Parses a request body. An empty body is undefined. @throws HttpError 400 when the body is not strict JSON */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  let text: string
  let value: unknown
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new HttpError(400, 'The body is not valid UTF-8.')
  }
  try {
    value = JSON.parse(text)
  } catch {
    throw new HttpError(400, 'The body is not valid JSON.')
  }
  if (membersWritten(text) !== membersRead(value))
    throw new HttpError(400, 'The body repeats a field or has the forbidden field `__proto__`.')
  return value
}

/** Counts the members in a valid JSON text: each has exactly one colon outside of strings. */
function membersWritten(json: string): number {
  let members = 0
  let inString = false
  for (let i = 0; i < json.length; i += 1) {
    const char = json.charCodeAt(i)
    if (char === 0x5c && inString) i += 1
    else if (char === 0x22) inString = !inString
    else if (char === 0x3a && !inString) members += 1
  }
  return members
}

/** Counts the members of all objects in a parsed value, except `__proto__`, so that its count differs. */
function membersRead(value: unknown): number {
  let members = 0
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null) continue
    for (const [key, member] of Object.entries(next)) {
      if (!Array.isArray(next) && key !== '__proto__') members += 1
      waiting.push(member)
    }
  }
  return members
}
