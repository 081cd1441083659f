import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { Counter } from 'prom-client'
import { sha256 } from '../../ledger/domain/sha256.ts'
import type { Beacon } from '../domain/beacon.ts'
import { type BeaconChain, dueAt, type Entropy, type Reveal } from '../domain/entropy.ts'

const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'
const TIMEOUT_MS = 5_000
const MAX_BODY_BYTES = 4_096
const SIGNATURE = /^[0-9a-f]{96}$/

/** drand over HTTP. Relays are asked in turn and none is trusted: the first verified signature is taken. */
export class DrandBeacon implements Beacon {
  readonly #chain: BeaconChain
  readonly #relays: readonly string[]
  readonly #answers: Counter<'result'>

  /** `answers` counts what relays said: `verified`, `forged` (or of another round), `absent`. */
  constructor(chain: BeaconChain, relays: readonly string[], answers: Counter<'result'>) {
    this.#chain = chain
    this.#relays = relays
    this.#answers = answers
  }

  async signatureOf(chainHash: Uint8Array, round: number): Promise<Reveal | undefined> {
    if (Buffer.from(chainHash).toString('hex') !== this.#chain.chainHash) return undefined
    if (Date.now() / 1000 < dueAt(round, this.#chain)) return undefined
    for (const relay of this.#relays) {
      const signature = await this.#ask(relay, round)
      const result = !signature ? 'absent' : verifies(signature, round, this.#chain) ? 'verified' : 'forged'
      this.#answers.inc({ result })
      if (result === 'verified') return signature
    }
    return undefined
  }

  /** What the relay says is the signature of the round; undefined where it says nothing that could be one. */
  async #ask(relay: string, round: number): Promise<Uint8Array | undefined> {
    try {
      const answer = await fetch(`${relay}/${this.#chain.chainHash}/public/${round}`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      })
      if (!answer.ok || !answer.body) return undefined
      const { signature } = JSON.parse(await readLimited(answer.body)) as { signature?: unknown }
      return typeof signature === 'string' && SIGNATURE.test(signature) ? Buffer.from(signature, 'hex') : undefined
    } catch {
      return undefined
    }
  }
}

/** The round is in the signed message, so the signature of any other round fails. */
export function verifies(signature: Uint8Array, round: number, chain: Pick<BeaconChain, 'publicKey'>): boolean {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(round))
  const { shortSignatures } = bls12_381
  try {
    const point = shortSignatures.hash(sha256(message), DST)
    return shortSignatures.verify(signature, point, Buffer.from(chain.publicKey, 'hex'))
  } catch {
    return false // not a point of the curve
  }
}

/** For audits: whether a revealed signature is that of a lottery's round on this chain. */
export function isBeaconReveal(chain: BeaconChain): (entropy: Entropy & { kind: 'drand' }, reveal: Reveal) => boolean {
  return ({ chainHash, round }, reveal) =>
    Buffer.from(chainHash).toString('hex') === chain.chainHash && verifies(reveal, round, chain)
}

async function readLimited(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
