import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { sha256 } from '../../ledger/domain/sha256.ts'
import type { Beacon } from '../domain/beacon.ts'
import { type BeaconChain, dueAt, type Entropy, isOfChain, QUICKNET, type Reveal } from '../domain/entropy.ts'
import { type BeaconMetrics, registerBeaconMetrics } from './beacon-metrics.ts'

const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'
const TIMEOUT_MS = 5_000
const MAX_BODY_BYTES = 4_096
const SIGNATURE = /^[0-9a-f]{96}$/

/** Beacon of drand over HTTP. Relays are queried in turn and not trusted: the first verified signature is returned. */
export class DrandBeacon implements Beacon {
  readonly chain: BeaconChain
  readonly #relays: readonly string[]
  readonly #metrics: BeaconMetrics
  readonly #log: Logger

  /** `relays` are URLs, in the order in which they are queried. */
  constructor(chain: BeaconChain, relays: readonly string[], metrics: BeaconMetrics, log: Logger) {
    this.chain = chain
    this.#relays = relays
    this.#metrics = metrics
    this.#log = log
  }

  async signatureOf(chainHash: Uint8Array, round: number): Promise<Reveal | undefined> {
    if (!isOfChain(chainHash, this.chain)) return undefined
    if (Date.now() / 1000 < dueAt(round, this.chain)) return undefined
    for (const relay of this.#relays) {
      const signature = await this.#fetchSignature(relay, round)
      const result = !signature ? 'absent' : verifies(signature, round, this.chain) ? 'verified' : 'forged'
      this.#metrics.answered(result)
      if (result === 'forged') this.#log.warn({ relay, round }, 'beacon relay returned a wrong signature')
      if (result === 'verified') return signature
    }
    return undefined
  }

  /** Returns the signature that the relay claims for the round, not verified; undefined when the relay returns none. */
  async #fetchSignature(relay: string, round: number): Promise<Uint8Array | undefined> {
    try {
      const response = await fetch(`${relay}/${this.chain.chainHash}/public/${round}`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      })
      if (!response.ok || !response.body) return undefined
      const { signature } = JSON.parse(await readLimited(response.body)) as { signature?: unknown }
      return typeof signature === 'string' && SIGNATURE.test(signature) ? Buffer.from(signature, 'hex') : undefined
    } catch (error) {
      this.#log.warn({ relay, round, err: error }, 'beacon relay request failed')
      return undefined
    }
  }
}

/** Constructs the beacon of the drand network quicknet, over these relays. */
export function quicknet(relays: readonly string[], metrics: Registry, log: Logger): DrandBeacon {
  return new DrandBeacon(QUICKNET, relays, registerBeaconMetrics(metrics), log)
}

/** Reports whether this is the round's signature. The signed message holds the round, so another round's fails. */
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

/** Returns a function that reports whether a reveal is the signature of the lottery's round on this chain. */
export function isBeaconReveal(chain: BeaconChain): (entropy: Entropy & { kind: 'drand' }, reveal: Reveal) => boolean {
  return ({ chainHash, round }, reveal) => isOfChain(chainHash, chain) && verifies(reveal, round, chain)
}

async function readLimited(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`the response of the relay exceeds ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
