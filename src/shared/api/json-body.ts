import type { FastifyInstance } from 'fastify'
import { HttpError } from './problem-of.ts'

/**
 * JSON is the only content type, and it is read to the letter: bytes that are not UTF-8, repeated fields and `__proto__`
 * are refused, where JSON.parse would take U+FFFD, the last one, and a poisoned object.
 */
export function registerJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws HttpError 400; an empty body is no body */
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
    throw new HttpError(400, 'The body repeats a field or has a forbidden one.')
  return value
}

/** In valid JSON every member has exactly one colon outside of strings. */
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

/** Members of all objects within; those called `__proto__` do not count, which makes the two numbers differ. */
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
