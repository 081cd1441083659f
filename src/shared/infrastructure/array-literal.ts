/**
 * PostgreSQL's text form of an array (section 8.15.2) whose elements need no quotes: numbers, UUIDs, dates. Passing one
 * string avoids pg's own conversion of arrays, which escapes element by element.
 */
export function arrayLiteral(elements: readonly (string | number)[]): string {
  return `{${elements.join(',')}}`
}

/** PostgreSQL's text form of an array of byte strings, in bytea's hex form. */
export function bytesLiteral(elements: readonly Uint8Array[]): string {
  return arrayLiteral(
    elements.map((bytes) => `"\\\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}"`),
  )
}
