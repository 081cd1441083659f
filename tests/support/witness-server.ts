import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { provesConsistency, sha256 } from './rfc6962.ts'

/** DER of PKCS #8 around a raw Ed25519 seed (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The reaction of a witness to a request. */
export type WitnessManner =
  | 'honest'
  | 'forged'
  | 'refusing'
  | 'hanging'
  | 'hanging up'
  | 'endless'
  | 'redirect'
  | 'empty'

interface Head {
  readonly size: number
  readonly root: Uint8Array
}

/** A C2SP witness of one log on a port of its own. Its manner, clock and state can change at any time. */
export class WitnessServer implements AsyncDisposable {
  readonly name: string
  manner: WitnessManner = 'honest'
  /** Seconds by which its clock is ahead. */
  aheadBy = 0
  /** The log that it cosigned last. */
  head: Head = { size: 0, root: sha256() }
  /** Old size of each request so far. */
  readonly oldSizes: number[] = []
  /** Awaited before every answer. */
  beforeAnswer: () => Promise<void> = async () => {}
  readonly #key: KeyObject
  readonly #typedKey: Uint8Array
  readonly #server: Server

  private constructor(name: string, seed: number) {
    this.name = name
    const der = Buffer.concat([PKCS8_PREFIX, Buffer.alloc(32, seed)])
    this.#key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(this.#key).export({ format: 'der', type: 'spki' }).subarray(-32)
    this.#typedKey = Buffer.concat([Buffer.of(4), publicKey])
    this.#server = createServer((request, response) => {
      response.on('error', () => {})
      void request.toArray().then(async (chunks) => {
        await this.beforeAnswer()
        this.#answer(Buffer.concat(chunks).toString(), response)
      })
    })
  }

  static async open(name: string, seed = 1): Promise<WitnessServer> {
    const witness = new WitnessServer(name, seed)
    witness.#server.listen(0, '127.0.0.1')
    await once(witness.#server, 'listening')
    return witness
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get verifierKey(): string {
    return `${this.name}+${this.#keyId.toString('hex')}+${Buffer.from(this.#typedKey).toString('base64')}`
  }

  get #keyId(): Buffer {
    return sha256(Buffer.from(`${this.name}\n`), this.#typedKey).subarray(0, 4)
  }

  /** Signature line of a note text, with its line feed. */
  cosignature(text: string, time = Math.floor(Date.now() / 1000) + this.aheadBy): string {
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), this.#key)
    const stamp = Buffer.alloc(8)
    stamp.writeBigUInt64BE(BigInt(time))
    return `— ${this.name} ${Buffer.concat([this.#keyId, stamp, signature]).toString('base64')}\n`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #answer(body: string, response: ServerResponse): void {
    if (this.manner === 'honest' || this.manner === 'forged') this.#cosign(body, response)
    else if (this.manner === 'hanging up') response.destroy()
    else if (this.manner === 'refusing') response.writeHead(404).end('unknown log')
    else if (this.manner === 'redirect') response.writeHead(302, { location: '/elsewhere' }).end()
    else if (this.manner === 'endless') pour(response.writeHead(200))
    else if (this.manner === 'empty') response.writeHead(200).end()
  }

  #cosign(body: string, response: ServerResponse): void {
    const { oldSize, proof, text } = requestOf(body)
    const [, size, root = ''] = text.split('\n')
    const next = { size: Number(size), root: Buffer.from(root, 'base64') }
    this.oldSizes.push(oldSize)
    if (oldSize > next.size) {
      response.writeHead(400).end()
    } else if (oldSize !== this.head.size) {
      response.writeHead(409, { 'content-type': 'text/x.tlog.size' }).end(`${this.head.size}\n`)
    } else if (oldSize === 0 ? proof.length > 0 : !provesConsistency(this.head, next, proof)) {
      response.writeHead(422).end('bad consistency proof')
    } else {
      this.head = next
      response.end(this.cosignature(this.manner === 'forged' ? `${text}forged` : text))
    }
  }
}

function requestOf(body: string): { oldSize: number; proof: Buffer[]; text: string } {
  const end = body.indexOf('\n\n')
  const [old = '', ...hashes] = body.slice(0, end).split('\n')
  const note = body.slice(end + 2)
  return {
    oldSize: Number(old.replace(/^old /, '')),
    proof: hashes.map((hash) => Buffer.from(hash, 'base64')),
    text: note.slice(0, note.indexOf('\n\n') + 1),
  }
}

/** Writes for as long as the client reads. */
function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write('x'.repeat(1_024)));
  if (!response.destroyed) response.once('drain', () => pour(response))
}
