import type { Instant } from '../shared/domain/instant.ts'

/** A cosignature (C2SP tlog-cosignature v1): four bytes of the key's id, a time, and an Ed25519 signature. */
const COSIGNATURE_BYTES = 4 + 8 + 64

/** Who cosigned a note, and when it says that it saw it. Signatures are not checked here. */
export function cosignersOf(note: string): readonly { readonly name: string; readonly at: Instant }[] {
  return [...note.matchAll(/^\u2014 (\S+) (\S+)$/gm)].flatMap(([, name = '', base64 = '']) => {
    const bytes = Buffer.from(base64, 'base64')
    return bytes.length === COSIGNATURE_BYTES ? [{ name, at: Number(bytes.readBigUInt64BE(4)) * 1000 }] : []
  })
}
