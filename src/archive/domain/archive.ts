import type { Hash } from '../../ledger/domain/sha256.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import { type DomainEvent, DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { Month } from './month.ts'

/**
 * How far a month is: `exporting` to the store; `uploaded`, all of it; `verified` in the store; `detached` from the
 * tables; `dropped` from the database; `restored` to the tables, which is done by hand.
 */
export type ArchiveStatus = 'exporting' | 'uploaded' | 'verified' | 'detached' | 'dropped' | 'restored'

/** Manifest of an archived month. Its bytes never change. */
export interface StoredManifest {
  readonly text: string
  readonly hash: Hash
}

export interface ArchiveState {
  readonly month: Month
  readonly status: ArchiveStatus
  /** Null while the first export goes on. */
  readonly manifest: StoredManifest | null
  readonly startedAt: Instant
  /** First time that the month was found whole in the store. */
  readonly verifiedAt: Instant | null
  readonly detachedAt: Instant | null
  readonly droppedAt: Instant | null
}

/** A month on its way to the store. Each step is stored before the next begins, so a process that dies goes on after it. */
export class Archive {
  #state: ArchiveState
  readonly #events: DomainEvents

  private constructor(state: ArchiveState) {
    this.#state = state
    this.#events = new DomainEvents(Archive.aggregateOf(state.month), 0)
  }

  static begin(month: Month, at: Instant): Archive {
    const never = { verifiedAt: null, detachedAt: null, droppedAt: null }
    return new Archive({ month, status: 'exporting', manifest: null, startedAt: at, ...never })
  }

  static rehydrate(state: ArchiveState): Archive {
    return new Archive(state)
  }

  /** Name of the aggregate of a month's events. */
  static aggregateOf(month: Month): string {
    return `archive/${month}`
  }

  get state(): ArchiveState {
    return this.#state
  }

  get status(): ArchiveStatus {
    return this.#state.status
  }

  upload(manifest: StoredManifest): void {
    this.#advance(['exporting', 'restored'], { status: 'uploaded', manifest })
  }

  /** Records the event of the archived month, the first time. */
  verify(facts: { readonly lotteries: number; readonly ballots: number }, at: Instant, cause: Cause): void {
    const { month, manifest, verifiedAt } = this.#state
    this.#advance(['uploaded'], { status: 'verified', verifiedAt: verifiedAt ?? at })
    if (verifiedAt !== null || !manifest) return
    const manifestHash = Buffer.from(manifest.hash).toString('hex')
    this.#events.record('lottery.archived.v1', at, cause, {
      month,
      lottery_count: facts.lotteries,
      ballot_count: facts.ballots,
      manifest_sha256: manifestHash,
    })
  }

  detach(at: Instant): void {
    this.#advance(['verified'], { status: 'detached', detachedAt: at })
  }

  /** Drops the month once the grace is over. Returns whether it did. */
  drop(at: Instant, graceMs: number): boolean {
    const { detachedAt } = this.#state
    if (detachedAt === null || at < detachedAt + graceMs) return false
    this.#advance(['detached'], { status: 'dropped', droppedAt: at })
    return true
  }

  restore(): void {
    this.#advance(['verified', 'detached', 'dropped', 'restored'], { status: 'restored' })
  }

  takeEvents(): readonly DomainEvent[] {
    return this.#events.take()
  }

  #advance(from: readonly ArchiveStatus[], to: Partial<ArchiveState>): void {
    const { month, status } = this.#state
    if (!from.includes(status)) throw new Error(`the archive of ${month} is ${status}, not ${from.join(' or ')}`)
    this.#state = { ...this.#state, ...to }
  }
}
