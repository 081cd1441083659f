import { LRUCache } from 'lru-cache'
import type { Identity } from '../../shared/domain/caller.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { UserQueries } from '../application/user-queries.ts'

const MAX_IDENTITIES = 10_000
/** Milliseconds in which another replica may forget a user and register the same subject anew, without being noticed. */
const MAX_AGE_MS = 60_000

/** Finds the users of token subjects. A subject keeps its user until the person is forgotten, so a found id is remembered. */
export class OwnUserIds {
  readonly #queries: UserQueries
  readonly #known = new LRUCache<Identity, UserId>({ max: MAX_IDENTITIES, ttl: MAX_AGE_MS })

  constructor(queries: UserQueries) {
    this.#queries = queries
  }

  async of(identity: Identity): Promise<UserId | undefined> {
    const known = this.#known.get(identity)
    if (known !== undefined) return known
    const id = await this.#queries.idOf(identity)
    if (id !== undefined) this.#known.set(identity, id)
    return id
  }

  forget(forgotten: UserId): void {
    for (const [identity, id] of [...this.#known.entries()]) if (id === forgotten) this.#known.delete(identity)
  }
}
