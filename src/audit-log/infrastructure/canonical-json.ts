import canonicalize from 'canonicalize'

/** Canonical text of a JSON value (RFC 8785). */
export function canonicalJson(value: object): string {
  return canonicalize(value) as string // undefined only for a value that is not JSON
}
