import canonicalize from 'canonicalize'

/** @see RFC 8785 */
export function canonicalJson(value: object): string {
  return canonicalize(value) as string // undefined only for what is no JSON
}
