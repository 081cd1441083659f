/** Bytes and their spellings in lottery-draw-v2. */

const encoder = new TextEncoder()
const HEX_DIGITS = '0123456789abcdef'
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
/** Value of each lower-case hex digit by its character code; 255 for every other character. */
const NIBBLES = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = HEX_DIGITS.indexOf(String.fromCharCode(code))
  return value < 0 ? 255 : value
})

/** Bytes of a text in UTF-8. */
export function ascii(text: string): Uint8Array {
  return encoder.encode(text)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Unsigned 32-bit integer, big-endian. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** 64-bit integer, big-endian. A negative value is written in two's complement. */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value))
  return bytes
}

export function hexOf(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX_OF_BYTE[byte]
  return hex
}

/** Bytes of lower-case hex. Undefined for every other text. */
export function fromHex(hex: string): Uint8Array | undefined {
  if (hex.length % 2 === 1) return undefined
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i += 1) {
    const high = NIBBLES[hex.charCodeAt(2 * i)] ?? 255
    const low = NIBBLES[hex.charCodeAt(2 * i + 1)] ?? 255
    if (high > 15 || low > 15) return undefined
    bytes[i] = high * 16 + low
  }
  return bytes
}

/** Bytes of hex whose form is known to be right. */
export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (!bytes) throw new TypeError(`${hex} is not lower-case hex`)
  return bytes
}

/** The 16 bytes of a UUID. */
export function uuidBytes(uuid: string): Uint8Array {
  return bytesOf(uuid.replaceAll('-', ''))
}

/** Bytes of standard base64 with padding (RFC 4648). Undefined for every spelling but the canonical one. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const binary = atob(text)
    return btoa(binary) === text ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : undefined
  } catch {
    return undefined
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Days from 1970-01-01 to a date. */
export function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000
}

/** End of a date's UTC day, in milliseconds since 1970-01-01. */
export function midnightAfter(date: string): number {
  return (dayOf(date) + 1) * 86_400_000
}

/** Time in ISO 8601, UTC, with three decimals. A time that no calendar holds is said in words. */
export function timeOf(milliseconds: number): string {
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : 'the end of time'
}
