/** Signed notes, keys and checkpoints of C2SP: signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof. */
import { isEd25519Signature, sha256 } from './crypto.ts'
import { Refusal } from './json.ts'
import { ascii, concat, fromBase64, hexOf, sameBytes } from './primitives.ts'

/** Type byte of a key: 0x01 signs the checkpoints of a log, 0x04 is a witness's cosignature/v1. */
const LOG = 0x01
export const WITNESS = 0x04

export interface Key {
  readonly name: string
  /** First 4 bytes of SHA-256(name, newline, type, public key). */
  readonly id: Uint8Array
  readonly publicKey: Uint8Array
}

export interface Checkpoint {
  /** The whole signed note. */
  readonly note: string
  /** The signed text: everything before the blank line. */
  readonly body: string
  readonly origin: string
  readonly size: number
  /** Root in hex. */
  readonly root: string
  readonly signatures: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

export interface Cosignature {
  /** Seconds since 1970-01-01 at which the witness says that it saw the checkpoint. */
  readonly time: number
  readonly isValid: boolean
}

/** Reads a key `<name>+<id>+<base64>` of the given type. Undefined for any other text. */
export function parseKey(vkey: string, type: number): Key | undefined {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey) ?? []
  const typed = fromBase64(encoded ?? '')
  if (name === undefined || typed?.length !== 33 || typed[0] !== type) return undefined
  const computed = sha256(concat(ascii(`${name}\n`), typed)).subarray(0, 4)
  return hexOf(computed) === id ? { name, id: computed, publicKey: typed.subarray(1) } : undefined
}

/**
 * Reads the key of a log, whose name is the LEDGER_NAME.
 *
 * @throws Refusal for any other text
 */
export function parseLogKey(vkey: string, what: string): Key {
  const key = parseKey(vkey, LOG)
  if (key && /^[a-z0-9.-]{1,100}$/.test(key.name)) return key
  throw new Refusal(`${what} is no key of a log, such as name+1a2b3c4d+AbCd...=`)
}

/** Reads a signed checkpoint without checking any signature. Undefined for any other text. */
export function parseCheckpoint(note: string): Checkpoint | undefined {
  const end = note.indexOf('\n\n') + 1
  const body = note.slice(0, end)
  const [, origin, sizeText, rootText] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n(?:[^\n]+\n)*$/.exec(body) ?? []
  const lines = note.slice(end + 1).split('\n')
  const root = fromBase64(rootText ?? '')
  if (lines.pop() !== '' || lines.length === 0 || origin === undefined || root?.length !== 32) return undefined
  const signatures: { name: string; bytes: Uint8Array }[] = []
  for (const line of lines) {
    const [, name, encoded] = /^— ([^+\s]+) (\S+)$/.exec(line) ?? []
    const bytes = fromBase64(encoded ?? '')
    if (name === undefined || !bytes || bytes.length < 5) return undefined
    signatures.push({ name, bytes })
  }
  const size = Number(sizeText)
  return Number.isSafeInteger(size) ? { note, body, origin, size, root: hexOf(root), signatures } : undefined
}

/** Reads a checkpoint that a log signed. Undefined when the note is malformed or one of the log's signatures is wrong. */
export function openCheckpoint(note: string, log: Key): Checkpoint | undefined {
  const checkpoint = parseCheckpoint(note)
  const own = checkpoint ? signaturesOf(checkpoint, log) : []
  const areValid = own.every(
    (bytes) => bytes.length === 64 && isEd25519Signature(bytes, ascii(checkpoint?.body ?? ''), log.publicKey),
  )
  return own.length > 0 && areValid ? checkpoint : undefined
}

/** Cosignatures of one witness on a checkpoint. */
export function cosignaturesOf(checkpoint: Checkpoint, witness: Key): Cosignature[] {
  return signaturesOf(checkpoint, witness).map((bytes) => {
    const time = timeOfCosignature(bytes)
    const message = ascii(`cosignature/v1\ntime ${time}\n${checkpoint.body}`)
    const isValid = bytes.length === 72 && isEd25519Signature(bytes.subarray(8), message, witness.publicKey)
    return { time, isValid }
  })
}

/** Times of everything on a checkpoint that has the length of a cosignature and is not the log's. Nothing is checked. */
export function statedTimes(checkpoint: Checkpoint, log: Key): number[] {
  return checkpoint.signatures
    .filter(({ name, bytes }) => bytes.length === 76 && !isBy(log, name, bytes))
    .map(({ bytes }) => timeOfCosignature(bytes.subarray(4)))
}

function signaturesOf(checkpoint: Checkpoint, key: Key): Uint8Array[] {
  return checkpoint.signatures.filter(({ name, bytes }) => isBy(key, name, bytes)).map(({ bytes }) => bytes.subarray(4))
}

function isBy(key: Key, name: string, signature: Uint8Array): boolean {
  return name === key.name && sameBytes(signature.subarray(0, 4), key.id)
}

function timeOfCosignature(bytes: Uint8Array): number {
  return bytes.length < 8 ? 0 : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0))
}

/** An inclusion proof in the text format of C2SP tlog-proof. */
export interface TextProof {
  readonly index: number
  /** Hashes in hex. */
  readonly path: readonly string[]
  /** Signed note of the checkpoint, not checked. */
  readonly note: string
}

export const TEXT_PROOF = 'c2sp.org/tlog-proof@v1\n'

/** @throws Refusal for text that is no tlog-proof */
export function parseTextProof(text: string): TextProof {
  const end = text.indexOf('\n\n')
  const lines = text.slice(TEXT_PROOF.length, end).split('\n')
  if (lines[0]?.startsWith('extra ')) lines.shift()
  const [, index] = /^index (0|[1-9]\d{0,14})$/.exec(lines.shift() ?? '') ?? []
  const path = lines.map(fromBase64).filter((hash) => hash?.length === 32)
  if (!text.startsWith(TEXT_PROOF) || end < 0 || index === undefined || path.length !== lines.length) {
    throw new Refusal('the proof is no tlog-proof of C2SP')
  }
  return { index: Number(index), path: path.map((hash) => hexOf(hash as Uint8Array)), note: text.slice(end + 2) }
}
