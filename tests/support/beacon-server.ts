import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { BeaconChain } from '../../src/lottery/index.ts'
import { ascii, sha256, u32, u64 } from '../../src/verify/primitives.ts'

const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'
const { shortSignatures } = bls12_381

/** What a relay does when it is asked for a round. */
export type RelayManner =
  | 'honest'
  | 'forged'
  | 'other round'
  | 'no point'
  | 'absent'
  | 'broken'
  | 'hanging'
  | 'endless'
  | 'huge'
  | 'redirect'
  | 'garbage'
  | 'no signature'
  | 'hanging up'

/** A beacon whose secret key is at hand. */
export interface TestChain {
  readonly chain: BeaconChain
  /** Hex. */
  sign(round: number): string
}

export function makeTestChain({ period, genesis }: Pick<BeaconChain, 'period' | 'genesis'>): TestChain {
  const { secretKey, publicKey } = shortSignatures.keygen()
  const [key, groupHash, beaconId] = [publicKey.toBytes(), sha256(ascii('a test group')), 'testnet']
  const chainHash = sha256(u32(period), u64(genesis), key, groupHash, ascii(beaconId))
  return {
    chain: {
      ...{ beaconId, scheme: 'bls-unchained-g1-rfc9380', period, genesis, chainHash: chainHash.toString('hex') },
      ...{ groupHash: groupHash.toString('hex'), publicKey: publicKey.toHex() },
    },
    sign: (round) => shortSignatures.sign(shortSignatures.hash(sha256(u64(round)), DST), secretKey).toHex(),
  }
}

/** A drand relay on a port of its own. Its manner can be changed at any time; it notes the rounds it is asked for. */
export class BeaconServer implements AsyncDisposable {
  manner: RelayManner
  readonly asked: number[] = []
  /** Awaited before each answer. */
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

  /** `sign` gives a round's signature in hex, undefined where there is none. */
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

  /** Afterwards connections are refused. */
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
    if (round !== undefined) this.asked.push(Number(round))
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
      'no point': () => say({ round, signature: 'ab'.repeat(48) }),
      absent: () => end(response, 404, { error: 'not yet' }),
      broken: () => end(response, 500, { round, signature }),
      hanging: () => response.writeHead(200).write('{"round":'), // an answer that begins, and then nothing more
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

/** Spaces, which any JSON may begin with, as long as somebody reads them. */
function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(' '.repeat(1_024)));
  if (!response.destroyed) response.once('drain', () => pour(response))
}
