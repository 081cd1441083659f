import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { sha256 } from '../rfc6962.ts'
import { ascii, i64, u32, u64 } from './bytes.ts'

// Keys of a made-up service, of its witnesses and of a made-up beacon, all from a number. Nothing here comes from src.

const LOG = 1
const WITNESS = 4
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** An Ed25519 key that signs notes as C2SP writes it. */
export class NoteKey {
  readonly name: string
  readonly vkey: string
  readonly #type: number
  readonly #id: Buffer
  readonly #key: KeyObject

  private constructor(name: string, type: number, seed: number) {
    this.name = name
    this.#type = type
    const der = Buffer.concat([PKCS8, sha256(ascii(`seed ${seed}`))])
    this.#key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(this.#key).export({ format: 'der', type: 'spki' }).subarray(-32)
    const typed = Buffer.concat([Buffer.of(type), publicKey])
    this.#id = sha256(ascii(`${name}\n`), typed).subarray(0, 4)
    this.vkey = `${name}+${this.#id.toString('hex')}+${typed.toString('base64')}`
  }

  static log(name: string, seed = 1): NoteKey {
    return new NoteKey(name, LOG, seed)
  }

  static witness(name: string, seed: number): NoteKey {
    return new NoteKey(name, WITNESS, seed)
  }

  /** Signature line of a checkpoint's body. A witness signs with a time, in seconds. */
  lineFor(body: string, time = 0): string {
    const stamp = this.#type === WITNESS ? u64(time) : Buffer.alloc(0)
    const message = this.#type === WITNESS ? `cosignature/v1\ntime ${time}\n${body}` : body
    const signature = Buffer.concat([this.#id, stamp, sign(null, Buffer.from(message), this.#key)])
    return `— ${this.name} ${signature.toString('base64')}\n`
  }
}

/** Parameters of a beacon chain, as evidence names them. */
interface ForgedChain {
  readonly chain_hash: string
  readonly public_key: string
  readonly period: number
  readonly genesis: number
  readonly group_hash: string
  readonly beacon_id: string
  readonly scheme: 'bls-unchained-g1-rfc9380'
}

export interface ForgedBeacon {
  readonly chain: ForgedChain
  /** Signature of a round in hex. */
  readonly sign: (round: number) => string
}

/** A beacon that signs any round at once. */
export function forgeBeacon({ period = 3, genesis = 1_692_803_367, beaconId = 'testnet' } = {}): ForgedBeacon {
  const { shortSignatures } = bls12_381
  const { secretKey, publicKey } = shortSignatures.keygen(new Uint8Array(48).fill(7))
  const groupHash = sha256(ascii('a made-up group'))
  const hash = sha256(u32(period), i64(genesis), publicKey.toBytes(), groupHash, ascii(beaconId))
  return {
    chain: {
      chain_hash: hash.toString('hex'),
      public_key: publicKey.toHex(),
      period,
      genesis,
      group_hash: groupHash.toString('hex'),
      beacon_id: beaconId,
      scheme: 'bls-unchained-g1-rfc9380',
    },
    sign(round) {
      const message = shortSignatures.hash(sha256(u64(round)), 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_')
      return shortSignatures.sign(message, secretKey).toHex()
    },
  }
}

/** quicknet, with the signatures of the two rounds that the specification gives. */
export const QUICKNET: ForgedBeacon = {
  chain: {
    chain_hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
    public_key:
      '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
    period: 3,
    genesis: 1_692_803_367,
    group_hash: 'f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e',
    beacon_id: 'quicknet',
    scheme: 'bls-unchained-g1-rfc9380',
  },
  sign(round) {
    const signatures: Readonly<Record<number, string>> = {
      1000: 'b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39',
      1001: 'b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41',
    }
    const signature = signatures[round]
    if (!signature) throw new Error(`the signature of round ${round} of quicknet is not known here`)
    return signature
  },
}
