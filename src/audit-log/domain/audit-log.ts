import { CompactRange, leafHash, type Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'

/** The canonical text (RFC 8785) of a JSON value. */
export type Canonical = (value: object) => string

/** An event as the log has it: everything that is known of it. */
export interface EventDocument {
  readonly id: string
  readonly type: string
  readonly aggregate: string
  readonly seq: number
  /** UTC, ISO 8601 with milliseconds. */
  readonly occurred_at: string
  readonly actor: string
  readonly request_id: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** An event in its place. */
export interface AuditLogEntry {
  /** From 0, without gaps. */
  readonly index: number
  /** Canonical text of the event's document. Its bytes in UTF-8 are the leaf. */
  readonly text: string
}

export function documentOf({ id, type, aggregate, seq, occurredAt, cause, data }: RecordedEvent): EventDocument {
  const occurred_at = new Date(occurredAt).toISOString()
  return { id, type, aggregate, seq, occurred_at, actor: cause.actor, request_id: cause.requestId, data }
}

export function eventLeafOf(text: string): Hash {
  return leafHash(new TextEncoder().encode(text))
}

/** All events of the service in one order, as the leaves of one tree. Whoever appends to it holds its lock. */
export class AuditLog {
  readonly #tree: CompactRange
  #appended: { readonly entry: AuditLogEntry; readonly eventId: string }[] = []
  #filled: Subtree[] = []

  constructor(size = 0, hashes: readonly Hash[] = []) {
    this.#tree = new CompactRange(size, hashes)
  }

  /** Size and compact range of the tree as it is now. */
  get state(): { readonly size: number; readonly hashes: readonly Hash[] } {
    return { size: this.#tree.size, hashes: this.#tree.hashes }
  }

  append(event: RecordedEvent, canonical: Canonical): void {
    const text = canonical(documentOf(event))
    this.#appended.push({ entry: { index: this.#tree.size, text }, eventId: event.id })
    this.#tree.append(eventLeafOf(text), (subtree) => this.#filled.push(subtree))
  }

  /** Hands over what was appended since the last take, and the subtrees that it filled; the repository calls it once. */
  takeAppended() {
    const taken = { entries: this.#appended, filled: this.#filled }
    this.#appended = []
    this.#filled = []
    return taken
  }
}
