/** Matches `bytes` bytes in lower-case hex. */
export const HEX = (bytes: number) => new RegExp(`^[0-9a-f]{${2 * bytes}}$`)

/** Fields of an evidence document, with the form of each value. A document with any other field is invalid. */
const FIELDS = {
  version: /^lottery-draw-v1$/,
  lottery_date: /^\d{4}-\d\d-\d\d$/,
  ballot_count: 'count',
  root: HEX(32),
  exclusions: 'array',
  seal: HEX(164),
  seal_hash: HEX(32),
  checkpoint: /^/,
  verifier_key: /^[\w.-]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/,
  entropy: 'object',
  seed: HEX(32),
  winning_ordinal: 'count or null',
  winner: 'object or null',
} as const
const COMMIT_REVEAL = { kind: /^commit-reveal$/, commitment: HEX(32), secret: HEX(32) } as const
const DRAND = {
  kind: /^drand$/,
  chain_hash: HEX(32),
  public_key: HEX(96),
  period: 'count',
  genesis: 'count',
  group_hash: HEX(32),
  beacon_id: /^[\w-]+$/,
  scheme: /^bls-unchained-g1-rfc9380$/,
  round: 'count',
  signature: HEX(48),
  late: 'boolean',
} as const

export interface Drand {
  readonly kind: 'drand'
  readonly chain_hash: string
  readonly public_key: string
  readonly period: number
  readonly genesis: number
  readonly group_hash: string
  readonly beacon_id: string
  readonly round: number
  readonly signature: string
  readonly late: boolean
}

export interface Evidence {
  readonly lottery_date: string
  readonly ballot_count: number
  readonly root: string
  readonly exclusions: readonly { readonly ordinal: number; readonly reason: string }[]
  readonly seal: string
  readonly seal_hash: string
  readonly checkpoint: string
  readonly verifier_key: string
  readonly entropy: { readonly kind: 'commit-reveal'; readonly commitment: string; readonly secret: string } | Drand
  readonly seed: string
  readonly winning_ordinal: number | null
  readonly winner: { readonly entry: string; readonly proof: readonly string[] } | null
}

/**
 * Parses an evidence document.
 *
 * @throws Error naming the first field that is missing, unknown or malformed
 */
export function parseEvidence(text: string): Evidence {
  const document = JSON.parse(text) as Record<string, unknown>
  requireFields(document, FIELDS, '')
  const { lottery_date: date, entropy, exclusions, winner } = document as unknown as Evidence
  if (!isDay(date)) throw new Error(`lottery_date ${date} is not a day of the calendar`)
  requireFields(entropy, entropy.kind === 'drand' ? DRAND : COMMIT_REVEAL, 'entropy.')
  for (const exclusion of exclusions)
    requireFields(exclusion, { ordinal: 'ordinal', reason: /^banned$/ }, 'exclusions.')
  if (winner) requireFields(winner, { entry: HEX(64), proof: 'array' }, 'winner.')
  for (const hash of winner?.proof ?? [])
    if (typeof hash !== 'string' || !HEX(32).test(hash)) throw new Error('winner.proof is malformed')
  return document as unknown as Evidence
}

/**
 * Checks that an object has exactly these fields, each in its form. Error messages put `prefix` before the names.
 *
 * @throws Error naming the first field that is missing, unknown or malformed
 */
export function requireFields(
  object: unknown,
  fields: Readonly<Record<string, RegExp | string>>,
  prefix: string,
): void {
  if (typeof object !== 'object' || object === null)
    throw new Error(`${(prefix || 'evidence.').slice(0, -1)} is not an object`)
  for (const key of Object.keys(object))
    if (!Object.hasOwn(fields, key)) throw new Error(`${prefix}${key} is an unknown field`)
  for (const [key, form] of Object.entries(fields)) {
    const value = (object as Record<string, unknown>)[key]
    const fits =
      form instanceof RegExp
        ? typeof value === 'string' && form.test(value)
        : (form.endsWith('or null') && value === null) ||
          (form.startsWith('count') && Number.isSafeInteger(value) && (value as number) >= 0) ||
          (form === 'ordinal' && Number.isSafeInteger(value) && (value as number) >= 1) ||
          (form === 'array' && Array.isArray(value)) ||
          (form === 'boolean' && typeof value === 'boolean') ||
          (form.startsWith('object') && typeof value === 'object' && value !== null && !Array.isArray(value))
    if (!fits) throw new Error(`${prefix}${key} is missing or malformed`)
  }
}

/** Checks that the date exists in the calendar, since JavaScript reads 30 February as 2 March. */
function isDay(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date)
}
