import canonicalize from 'canonicalize'
import { NaiveTree, naiveLeaf } from '../rfc6962.ts'
import { hexOf, twelve } from './bytes.ts'
import { NoteKey } from './keys.ts'

/** An event before it has its id. */
export interface NewEvent {
  readonly id?: string | undefined
  readonly type: string
  readonly aggregate: string
  readonly seq?: number
  readonly at: number
  readonly data: Readonly<Record<string, unknown>>
}

/** An event in its place in the log. */
export interface PlacedEvent {
  readonly index: number
  readonly event: Readonly<Record<string, unknown>> & { readonly id: string }
}

/** A witness and the time in seconds at which it cosigns. */
export type Cosigning = readonly [witness: NoteKey, time: number]

/** A made-up service: its key and its audit log. It signs whatever it is told to. */
export class World {
  readonly key: NoteKey
  readonly lines: string[] = []
  lastSealHash = '0'.repeat(64)

  constructor(key: NoteKey = NoteKey.log('lottery.test')) {
    this.key = key
  }

  append({ type, aggregate, seq = 1, at, data, id }: NewEvent): PlacedEvent {
    const index = this.lines.length
    const event = {
      id: id ?? `0190f5fe-7c00-7a00-a000-${twelve(index + 1)}`,
      type,
      aggregate,
      seq,
      occurred_at: new Date(at).toISOString(),
      actor: 'service',
      request_id: null,
      data,
    }
    this.lines.push(canonicalize(event) as string)
    return { index, event }
  }

  ban(user: string, at: number): PlacedEvent {
    return this.append({ type: 'user.banned.v1', aggregate: `user/${user}`, at, data: { user_id: user } })
  }

  unban(user: string, at: number): PlacedEvent {
    return this.append({ type: 'user.unbanned.v1', aggregate: `user/${user}`, at, data: { user_id: user } })
  }

  tree(): NaiveTree {
    return new NaiveTree(this.lines.map((line) => naiveLeaf(Buffer.from(line))))
  }

  /** Checkpoint of the audit log at a size, with cosignatures. */
  auditCheckpoint(size = this.lines.length, cosignings: readonly Cosigning[] = []): string {
    return this.sign(`${this.key.name}/audit`, size, this.tree().root(size), cosignings)
  }

  sign(origin: string, size: number, root: Uint8Array, cosignings: readonly Cosigning[] = []): string {
    return signNote(this.key, origin, size, root, cosignings)
  }

  proof(index: number, size = this.lines.length): string[] {
    return this.tree().path(index, size).map(hexOf)
  }
}

export function signNote(
  key: NoteKey,
  origin: string,
  size: number,
  root: Uint8Array,
  cosignings: readonly Cosigning[] = [],
): string {
  const body = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
  return `${body}\n${key.lineFor(body)}${cosignings.map(([witness, time]) => witness.lineFor(body, time)).join('')}`
}
