import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { BeaconChain } from '../../src/lottery/domain/entropy.ts'
import { ascii, u32, u64 } from '../../src/verify/primitives.ts'
import { sha256 } from './rfc6962.ts'

const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'
const { shortSignatures } = bls12_381

/** The reaction of a relay to a request for a round. */
export type RelayManner =
  | 'honest'
  | 'forged'
  | 'other round'
  | 'invalid point'
  | 'absent'
  | 'broken'
  | 'hanging'
  | 'endless'
  | 'huge'
  | 'redirect'
  | 'garbage'
  | 'no signature'
  | 'hanging up'

/** A beacon that signs any round with its own secret key. */
export interface TestChain {
  readonly chain: BeaconChain
  /** Returns the signature of a round in hex. */
  sign(round: number): string
}

export function makeTestChain({ period, genesis }: Pick<BeaconChain, 'period' | 'genesis'>): TestChain {
  const { secretKey, publicKey } = shortSignatures.keygen()
  const [key, groupHash, beaconId] = [publicKey.toBytes(), sha256(ascii('a test group')), 'testnet']
  const chainHash = sha256(u32(period), u64(genesis), key, groupHash, ascii(beaconId))
  return {
    chain: {
      beaconId,
      scheme: 'bls-unchained-g1-rfc9380',
      period,
      genesis,
      chainHash: chainHash.toString('hex'),
      groupHash: groupHash.toString('hex'),
      publicKey: publicKey.toHex(),
    },
    sign: (round) => shortSignatures.sign(shortSignatures.hash(sha256(u64(round)), DST), secretKey).toHex(),
  }
}

/** A drand relay on a port of its own. Its manner can change at any time. `requested` holds the requested rounds. */
export class BeaconServer implements AsyncDisposable {
  manner: RelayManner
  readonly requested: number[] = []
  /** Awaited before every answer. */
  beforeAnswer: (round: number) => Promise<void> = async () => {}
  readonly #chainHash: string
  readonly #sign: (round: number) => string | undefined
  readonly #server: Server

  private constructor(chainHash: string, sign: (round: number) => string | undefined, manner: RelayManner) {
    this.#chainHash = chainHash
    this.#sign = sign
    this.manner = manner
    this.#server = createServer((request, response) => {
      response.on('error', () => {})
      void this.#answer(request.url ?? '', response)
    })
  }

  /** Starts a relay. `sign` returns the signature of a round in hex, or undefined when the round does not exist. */
  static async open(
    chainHash: string,
    sign: (round: number) => string | undefined,
    manner: RelayManner = 'honest',
  ): Promise<BeaconServer> {
    const relay = new BeaconServer(chainHash, sign, manner)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Stops the relay. Later connections are refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const [, chainHash, round] = /^\/([0-9a-f]{64})\/public\/(\d+)$/.exec(url) ?? []
    const signature = chainHash === this.#chainHash ? this.#sign(Number(round)) : undefined
    if (round !== undefined) this.requested.push(Number(round))
    await this.beforeAnswer(Number(round))
    if (signature) this.#manners(Number(round), signature, response)[this.manner]()
    else end(response, 404, { error: 'no such round' })
  }

  #manners(round: number, signature: string, response: ServerResponse): Readonly<Record<RelayManner, () => unknown>> {
    const say = (body: unknown) => end(response, 200, body)
    return {
      honest: () => say({ round, signature }),
      forged: () => say({ round, signature: makeTestChain({ period: 3, genesis: 1 }).sign(round) }),
      'other round': () => say({ round, signature: this.#sign(round + 1) }),
      'invalid point': () => say({ round, signature: 'ab'.repeat(48) }),
      absent: () => end(response, 404, { error: 'not yet' }),
      broken: () => end(response, 500, { round, signature }),
      hanging: () => response.writeHead(200).write('{"round":'), // the answer begins but never ends
      endless: () => pour(response.writeHead(200)),
      huge: () => say({ round, signature, padding: 'x'.repeat(1_000_000) }),
      redirect: () => response.writeHead(302, { location: `/${this.#chainHash}/public/${round}?again` }).end(),
      garbage: () => response.writeHead(200).end('{"round": oops'),
      'no signature': () => say(null),
      'hanging up': () => response.destroy(),
    }
  }
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Writes spaces, with which any JSON may begin, for as long as the client reads. */
function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(' '.repeat(1_024)));
  if (!response.destroyed) response.once('drain', () => pour(response))
}
