/** Parts begin with a letter or a digit, so no key names a hidden file or a folder above. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9=._-]*(\/[A-Za-z0-9][A-Za-z0-9=._-]*)*$/
const PUBLIC = /^(ledger|evidence|events|manifest)\//

/** @throws RangeError when the text is not a key */
export function requireObjectKey(text: string): void {
  if (!KEY.test(text)) throw new RangeError(`not a key of an object: ${text.slice(0, 80)}`)
}

/** Tells whether objects of this key are public, and so never change. */
export function isPublicKey(key: string): boolean {
  return PUBLIC.test(key)
}
