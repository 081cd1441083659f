import { GrowingTree, type TreeState } from '../../ledger/domain/growing-tree.ts'
import { leafHash, type Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'

/** The canonical text (RFC 8785) of a JSON value. */
export type Canonical = (value: object) => string

/** An event as the audit log holds it. */
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

/** One event of the audit log, in its place. */
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

/** An entry and the id of the event that it holds. */
interface AppendedEntry {
  readonly entry: AuditLogEntry
  readonly eventId: string
}

/** All events of the service in one order, as the leaves of one tree. One unit of work at a time appends to it. */
export class AuditLog {
  readonly #tree: GrowingTree
  #appended: AppendedEntry[] = []

  constructor(state?: TreeState) {
    this.#tree = new GrowingTree(state)
  }

  /** Size and compact range of the tree. */
  get state(): TreeState {
    return this.#tree.state
  }

  append(event: RecordedEvent, canonical: Canonical): void {
    const text = canonical(documentOf(event))
    this.#appended.push({ entry: { index: this.#tree.size, text }, eventId: event.id })
    this.#tree.append(eventLeafOf(text))
  }

  /** Returns the entries appended since the last call, and the subtrees that they filled and that are to be stored. */
  takeAppended(): { readonly entries: readonly AppendedEntry[]; readonly filled: readonly Subtree[] } {
    const entries = this.#appended
    this.#appended = []
    return { entries, filled: this.#tree.takeFilled() }
  }
}
