/** Forms of the documents that the verifier reads: sections 2 and 5 of lottery-draw-v2. */
import {
  anyObject,
  anyText,
  array,
  byKind,
  date,
  type Form,
  hex,
  integer,
  literal,
  nullable,
  object,
  text,
  time,
  uuid,
} from './forms.ts'
import { isObject, parseJson, Refusal } from './json.ts'

export const VERSION = 'lottery-draw-v2'

const eventWith = <T>(data: Form<T>) =>
  object({
    id: uuid,
    type: anyText,
    aggregate: anyText,
    seq: integer(1),
    occurred_at: time,
    actor: anyText,
    request_id: nullable(anyText),
    data,
  })

/** Event of the audit log. */
export const event = eventWith(anyObject)
export type LogEvent = ReturnType<typeof event>

const commitment = hex(32)
const kind = literal('commit-reveal', 'drand')
const loggedWinner = { rank: integer(1), ordinal: integer(1), ballot_id: uuid, user_id: uuid }

/** Data of `lottery.created.v1`. The regular round of a day before the chain's genesis is negative. */
export const created = object({
  date,
  draw: anyText,
  prizes: integer(1),
  entropy: byKind({
    'commit-reveal': object({ kind: literal('commit-reveal'), commitment }),
    drand: object({ kind: literal('drand'), chain_hash: hex(32), round: integer(Number.MIN_SAFE_INTEGER) }),
  }),
})

/** Data of `lottery.sealed.v1`. It holds every field of the seal. */
export const sealed = object({
  date,
  created_event_id: uuid,
  attempt: integer(0),
  prizes: integer(1),
  ballot_count: integer(0),
  root: hex(32),
  excluded_count: integer(0),
  exclusions_hash: hex(32),
  kind,
  source: hex(32),
  round: integer(0),
  sealed_at: time,
  previous_seal_hash: hex(32),
  seal_hash: hex(32),
})
export type SealedData = ReturnType<typeof sealed>

/** Data of `lottery.closed.v1`. */
export const closed = object({
  date,
  attempt: integer(0),
  seal_hash: hex(32),
  reveal: text(/^([0-9a-f]{64}|[0-9a-f]{96})$/),
  winners: array(object(loggedWinner)),
})

export const banned = object({ user_id: uuid })

const drand = object({
  kind: literal('drand'),
  chain_hash: hex(32),
  public_key: hex(96),
  period: integer(1),
  genesis: integer(0),
  group_hash: hex(32),
  beacon_id: text(/^[\w-]{1,100}$/),
  scheme: literal('bls-unchained-g1-rfc9380'),
  round: integer(1),
  signature: hex(48),
})
export type DrandEntropy = ReturnType<typeof drand>

const logged = <T>(data: Form<T>) => object({ index: integer(0), event: eventWith(data), proof: array(hex(32)) })

const evidence = object({
  version: literal(VERSION),
  lottery_date: date,
  ballot_count: integer(0),
  root: hex(32),
  exclusions: array(
    object({ ordinal: integer(1), reason: literal('banned'), event_id: uuid, user_id: uuid, salt: hex(16) }),
  ),
  seal: hex(173),
  seal_hash: hex(32),
  checkpoint: anyText,
  verifier_key: anyText,
  entropy: byKind({
    'commit-reveal': object({ kind: literal('commit-reveal'), commitment, secret: hex(32) }),
    drand,
  }),
  seed: hex(32),
  prizes: integer(1),
  winners: array(object({ ...loggedWinner, salt: hex(16), entry: hex(64), proof: array(hex(32)) })),
  audit: object({
    checkpoint: anyText,
    created: logged(created),
    sealed: logged(sealed),
    closed: logged(closed),
    witnessed: nullable(object({ checkpoint: anyText, proof: array(hex(32)) })),
  }),
})
export type Evidence = ReturnType<typeof evidence>
export type Exclusion = Evidence['exclusions'][number]

/** Response that a participant received when the ballot was accepted. */
const receipt = object({
  id: uuid,
  user_id: uuid,
  lottery_date: date,
  ordinal: integer(1),
  submitted_at: time,
  entry: hex(64),
  salt: hex(16),
  leaf_hash: hex(32),
  checkpoint: anyText,
})
export type Receipt = ReturnType<typeof receipt>

/** Response of GET /lotteries/{date}/ballots/{id}/proof. */
const proof = object({
  ordinal: integer(1),
  size: integer(1),
  leaf_hash: hex(32),
  root: hex(32),
  proof: array(hex(32)),
})

/** Parameters of a beacon chain, named as the evidence names them. */
const chain = object({
  chain_hash: hex(32),
  public_key: hex(96),
  period: integer(1),
  genesis: integer(0),
  group_hash: hex(32),
  beacon_id: text(/^[\w-]{1,100}$/),
  scheme: literal('bls-unchained-g1-rfc9380'),
})
export type Chain = ReturnType<typeof chain>

export const parseEvidence = parser(evidence, 'the evidence')
export const parsePrevious = parser(evidence, 'the previous evidence')
export const parseReceipt = parser(receipt, 'the receipt')
export const parseProof = parser(proof, 'the proof')
export const parseChain = parser(chain, 'the chain')

/** Returns a parser of JSON documents. It throws Refusal for text that is no such document, and names a saved problem. */
function parser<T>(form: Form<T>, what: string): (json: string) => T {
  return (json) => {
    const value = parseJson(json, what)
    const problem = isObject(value) && typeof value['status'] === 'number' && typeof value['title'] === 'string'
    if (problem) throw new Refusal(`${what} is an error response that was saved: ${problemOf(json)}`)
    return form(value, what)
  }
}

/** One line for a problem document (RFC 9457). */
export function problemOf(json: string): string {
  const { status, code, title, detail } = JSON.parse(json) as Record<string, unknown>
  return [status, code ?? title, detail]
    .filter((part) => typeof part === 'string' || typeof part === 'number')
    .join(' ')
}
