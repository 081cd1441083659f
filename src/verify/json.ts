/** JSON without doubtful readings: no duplicate keys, no lone surrogates, no numbers that two programs read differently. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** Wrong use of the verifier, or a file that is not what it is said to be. No verdict is given. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]|[^\s{}[\],:"]+/g
const INTEGER = /^(0|-?[1-9]\d{0,15})$/
const MAX_DEPTH = 100

/**
 * Parses JSON.
 *
 * @param what names the text in errors
 * @throws Refusal for text that is not JSON, duplicate keys, lone surrogates, and numbers that are not integers below 2^53
 */
export function parseJson(text: string, what: string): Json {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch {
    throw new Refusal(`${what} is not JSON`)
  }
  refuseDoubtfulTokens(text, what)
  return value
}

/** Reads the tokens of valid JSON one by one, since JSON.parse keeps the last of two equal keys silently. */
function refuseDoubtfulTokens(text: string, what: string): void {
  const open: (Set<string> | undefined)[] = [] // keys of each open object; undefined for an array
  let isKey = false
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      isKey = token === '{'
      if (open.push(isKey ? new Set() : undefined) > MAX_DEPTH) throw new Refusal(`${what} is nested too deeply`)
    } else if (token === '}' || token === ']') open.pop()
    else if (token === ',') isKey = open.at(-1) !== undefined
    else if (token.startsWith('"')) {
      const string = JSON.parse(token) as string
      if (!string.isWellFormed()) throw new Refusal(`${what} has the lone surrogate ${token}`)
      if (isKey && open.at(-1)?.has(string)) throw new Refusal(`${what} has the field ${token} twice`)
      if (isKey) open.at(-1)?.add(string)
      isKey = false
    } else if (/^[-\d]/.test(token) && !(INTEGER.test(token) && Number.isSafeInteger(Number(token)))) {
      throw new Refusal(`${what} has the number ${token}, which is not an integer below 2^53`)
    }
  }
}

/**
 * Canonical text (RFC 8785) of a value whose numbers are integers below 2^53.
 *
 * @throws Refusal for other numbers, lone surrogates, and values nested more than 100 deep
 */
export function canonical(value: Json, depth = 0): string {
  if (depth > MAX_DEPTH) throw new Refusal('a JSON value is nested too deeply')
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Refusal(`${value} is not below 2^53`)
  if (typeof value === 'string' && !value.isWellFormed()) throw new Refusal('a JSON text has a lone surrogate')
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`
  const keys = Object.keys(value).sort() // by UTF-16 code units, as RFC 8785 section 3.2.3 asks
  return `{${keys.map((key) => `${canonical(key)}:${canonical(value[key] as Json, depth + 1)}`).join(',')}}`
}

export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
