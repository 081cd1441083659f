import { createPublicKey, verify } from 'node:crypto'
import type { LedgerHead } from '../domain/checkpoint.ts'
import { sameBytes } from '../domain/same-bytes.ts'
import { sha256 } from '../domain/sha256.ts'

/** DER of SubjectPublicKeyInfo before a raw Ed25519 key (RFC 8410 section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const KEY_ID_BYTES = 4
/** Text of a C2SP checkpoint (tlog-checkpoint) without extension lines, and the blank line after it. */
const CHECKPOINT = /^(?<origin>[^\n]+)\n(?<size>0|[1-9]\d{0,14})\n(?<root>[A-Za-z0-9+/]{43}=)\n\n/

/** Reads the head of a checkpoint, without a look at its signatures; undefined when the note is no checkpoint. */
export function headOfNote(note: string): LedgerHead | undefined {
  const { origin, size, root } = CHECKPOINT.exec(note)?.groups ?? {}
  if (origin === undefined || root === undefined) return undefined
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') }
}

/** Reports whether a C2SP signed note has a signature line of a log's verifier key (Ed25519, type 0x01). */
export function isSignedBy(note: string, verifierKey: string): boolean {
  const [, name = '', base64 = ''] = /^([^+]+)\+[0-9a-f]{8}\+(.+)$/.exec(verifierKey) ?? []
  const typedKey = Buffer.from(base64, 'base64')
  const keyId = sha256(Buffer.from(`${name}\n`), typedKey).subarray(0, KEY_ID_BYTES)
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, typedKey.subarray(1)]),
    format: 'der',
    type: 'spki',
  })
  const end = note.indexOf('\n\n') + 1
  const prefix = `— ${name} `
  return note
    .slice(end + 1)
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => Buffer.from(line.slice(prefix.length), 'base64'))
    .some(
      (bytes) =>
        sameBytes(bytes.subarray(0, KEY_ID_BYTES), keyId) &&
        verify(null, Buffer.from(note.slice(0, end)), key, bytes.subarray(KEY_ID_BYTES)),
    )
}
