import type { FastifyReply } from 'fastify'
import type { Hash } from '../domain/sha256.ts'

const JSON_TYPE = 'application/json'
const TEXT_TYPE = 'text/plain'

/** An inclusion proof together with the checkpoint that it leads to. */
export interface OfflineProof {
  /** Index of the leaf, from 0. */
  readonly index: number
  readonly proof: readonly Hash[]
  /** C2SP signed note of the size that the proof is for. */
  readonly checkpoint: string
}

/** Text of a proof that can be verified offline, without extra data (c2sp.org/tlog-proof). */
export function tlogProof({ index, proof, checkpoint }: OfflineProof): string {
  const hashes = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('')
  return `c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes}\n${checkpoint}`
}

/**
 * Whether the caller prefers a proof as text to JSON (RFC 9110 section 12.5.1). Of two types with one weight, the one that
 * the header names more exactly wins, and JSON wins a tie. The response varies by `Accept`.
 */
export function prefersText(accept: string | undefined, reply: FastifyReply): boolean {
  reply.header('vary', 'Accept')
  const [text, json] = [preferenceOf(TEXT_TYPE, accept), preferenceOf(JSON_TYPE, accept)]
  if (text.weight === 0 || text.weight < json.weight) return false
  return text.weight > json.weight || text.exactness > json.exactness
}

interface Preference {
  /** From 0, refused, to 1. */
  readonly weight: number
  /** 0: not named. 1: every type. 2: every subtype. 3: this type. */
  readonly exactness: number
}

function preferenceOf(type: string, accept: string | undefined): Preference {
  const ranges = ['', '*/*', type.replace(/\/.*/, '/*'), type]
  let found: Preference = { weight: 0, exactness: 0 }
  for (const part of (accept ?? '*/*').split(',')) {
    const [range = '', ...parameters] = part.split(';').map((item) => item.trim().toLowerCase())
    const exactness = range === '' ? -1 : ranges.indexOf(range)
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2)) || 0
    if (exactness > found.exactness) found = { weight, exactness }
  }
  return found
}
