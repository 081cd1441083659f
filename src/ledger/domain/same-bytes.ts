/** Whether two byte strings are equal. Not for secrets: the time of the comparison depends on the bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
