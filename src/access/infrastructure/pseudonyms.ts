import { createHmac } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Identity } from '../../shared/domain/caller.ts'

const HEX_DIGITS = 32
/** Names that are remembered at most: a request of a known caller costs no hash. */
const MAX_NAMES = 10_000

/**
 * Names callers in events by the HMAC-SHA-256 of their identity, cut to 128 bits. Without the key the name cannot be found
 * by trying e-mail addresses or numbers.
 */
export function pseudonyms(key: Uint8Array): (identity: Identity) => string {
  const names = new LRUCache<Identity, string, undefined>({
    max: MAX_NAMES,
    memoMethod: (identity) => createHmac('sha256', key).update(identity).digest('hex').slice(0, HEX_DIGITS),
  })
  return (identity) => names.memo(identity)
}
