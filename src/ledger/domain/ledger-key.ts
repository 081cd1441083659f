import type { Cause } from '../../shared/domain/cause.ts'
import { type DomainEvent, DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'

/** The key that signs all checkpoints of a database, recorded at its first use. */
export class LedgerKey {
  readonly verifierKey: string
  readonly firstUsedAt: Instant
  readonly #events: DomainEvents

  constructor(verifierKey: string, at: Instant, cause: Cause) {
    const [name, keyId] = verifierKey.split('+')
    this.verifierKey = verifierKey
    this.firstUsedAt = at
    this.#events = new DomainEvents(`ledger-key/${name}+${keyId}`, 0)
    this.#events.record('ledger.key_used.v1', at, cause, { verifier_key: verifierKey })
  }

  takeEvents(): readonly DomainEvent[] {
    return this.#events.take()
  }
}

export interface LedgerKeyRepository {
  /** The database's clock. */
  now(): Promise<Instant>
  /** Stores the key with its event. When the database has a key already, nothing is stored. */
  add(key: LedgerKey): Promise<void>
  /** Verifier key of the database; undefined before the first key is stored. */
  verifierKey(): Promise<string | undefined>
}

/** The repositories of the ledger key's unit of work. */
export interface LedgerKeyRepos {
  readonly ledgerKeys: LedgerKeyRepository
}
