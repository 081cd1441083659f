/** Whether two byte strings are equal. The time it takes depends on them: do not use it for secrets. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
