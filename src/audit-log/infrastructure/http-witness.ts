import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { WitnessKey } from '../../ledger/infrastructure/witness-key.ts'
import type { CosignRequest, Witness, WitnessAnswer } from '../application/witness.ts'

const TIMEOUT_MS = 5_000
const MAX_BODY_BYTES = 16_384
/** Seconds by which the clock of a witness may differ from the clock of the service. */
const CLOCK_TOLERANCE_S = 5

export interface WitnessAddress {
  /** C2SP verifier key, type 0x04. */
  readonly verifierKey: string
  /** Submission prefix: `/add-checkpoint` is appended. */
  readonly url: string
}

/** A witness over HTTP. It is not trusted: a cosignature counts only after it is verified. */
export class HttpWitness implements Witness {
  readonly name: string
  readonly #key: WitnessKey
  readonly #url: string
  readonly #timeoutMs: number

  /** `timeoutMs` is the time of one request, its response included. */
  constructor({ verifierKey, url }: WitnessAddress, timeoutMs = TIMEOUT_MS) {
    this.#key = new WitnessKey(verifierKey)
    this.name = this.#key.name
    this.#url = `${url.replace(/\/+$/, '')}/add-checkpoint`
    this.#timeoutMs = timeoutMs
  }

  async cosign({ oldSize, proof, checkpoint }: CosignRequest): Promise<WitnessAnswer> {
    const hashes = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('')
    const sentAt = Date.now() / 1000
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        body: `old ${oldSize}\n${hashes}\n${checkpoint}`,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        redirect: 'error',
        signal: AbortSignal.timeout(this.#timeoutMs),
      })
      const body = await readLimited(response.body)
      if (response.status === 200) return this.#verified(body, checkpoint, sentAt)
      if (response.status === 409 && /^(?:0|[1-9]\d{0,14})\n?$/.test(body))
        return { result: 'conflict', size: Number(body) }
      return { result: response.status === 422 || response.status === 409 ? 'forked' : 'refused' }
    } catch {
      return { result: 'unreachable' }
    }
  }

  /** Finds the cosignature in a response. Lines of other keys are ignored, as the specification says. */
  #verified(body: string, checkpoint: string, sentAt: number): WitnessAnswer {
    const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1)
    for (const line of body.split('\n')) {
      const time = this.#key.timeOf(line, text)
      if (time === undefined) continue
      const isTimely = time >= Math.floor(sentAt) - CLOCK_TOLERANCE_S && time <= Date.now() / 1000 + CLOCK_TOLERANCE_S
      return isTimely ? { result: 'cosigned', line: `${line}\n` } : { result: 'untimely' }
    }
    return { result: 'invalid' }
  }
}

/** Constructs the configured witnesses. @throws Error when one of them has the key of the log */
export function httpWitnesses(addresses: readonly WitnessAddress[], { verifierKey }: CheckpointSigner): HttpWitness[] {
  const logKey = Buffer.from(verifierKey.replace(/^[^+]*\+[^+]*\+/, ''), 'base64').subarray(1)
  if (addresses.some((address) => logKey.equals(new WitnessKey(address.verifierKey).publicKey)))
    throw new Error('WITNESSES: a witness must not have the key of the log')
  return addresses.map((address) => new HttpWitness(address))
}

async function readLimited(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`the response of the witness exceeds ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
