import { InvalidLedgerSize } from '../../ledger/domain/errors.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import { TreeProofs } from '../../ledger/domain/tree-proofs.ts'
import type { EventDocument } from '../domain/audit-log.ts'
import { AUDIT_LOG, type AuditCheckpoints } from './audit-checkpoints.ts'
import type { AuditLogQueries } from './audit-log-queries.ts'
import type { CosignedCheckpoints } from './cosigned-checkpoints.ts'

/** Maximum number of entries in one read. */
const PAGE = 500

/** An event and its place in the audit log. */
export interface LocatedEvent {
  /** From 0. */
  readonly index: number
  readonly event: EventDocument
}

interface Witnessing {
  readonly cosigned: CosignedCheckpoints
  /** Number of witnesses that must have cosigned an event before it may be drawn on; undefined: none. */
  readonly quorum: number | undefined
  readonly hasWitnesses: boolean
}

/** Shows where events stand in the audit log, proves it, and says whether witnesses have seen it. */
export class ProveEvents {
  readonly #queries: AuditLogQueries
  readonly #proofs: TreeProofs
  readonly #checkpoints: AuditCheckpoints
  readonly #cosigned: CosignedCheckpoints
  readonly #quorum: number | undefined
  /** Whether witnesses are configured. Without any, `witnessed` stays null. */
  readonly hasWitnesses: boolean

  constructor(queries: AuditLogQueries, checkpoints: AuditCheckpoints, witnessing: Witnessing) {
    const { cosigned, quorum, hasWitnesses } = witnessing
    this.#queries = queries
    this.#proofs = new TreeProofs(queries.nodes)
    this.#checkpoints = checkpoints
    this.#cosigned = cosigned
    this.hasWitnesses = hasWitnesses
    this.#quorum = quorum
  }

  /** All entries of an aggregate, such as `lottery/2026-11-22`, in the log's order. */
  async locate(aggregate: string): Promise<LocatedEvent[]> {
    const located: LocatedEvent[] = []
    for (;;) {
      const after = located.at(-1)?.index ?? -1
      const page = await this.#queries.entries({ after, limit: PAGE, aggregate })
      located.push(...page.map(({ index, text }) => ({ index, event: JSON.parse(text) as EventDocument })))
      if (page.length < PAGE) return located
    }
  }

  /**
   * The checkpoint of the first `size` entries, and the inclusion proof of each index in it, in the order of `indexes`.
   * The same arguments always give the same result.
   * @throws InvalidLedgerSize unless every index is below `size`, and the log has `size` entries
   */
  async prove(indexes: readonly number[], size: number): Promise<{ checkpoint: string; proofs: Hash[][] }> {
    const tree = await this.#queries.tree()
    const smallest = Math.max(-1, ...indexes) + 1
    if (size < smallest || size > tree.size) throw InvalidLedgerSize.forInclusion(smallest, tree.size, AUDIT_LOG)
    const peaks = size === tree.size ? tree.hashes : []
    const { proofs, root } = await this.#proofs.inclusions(indexes, size, peaks)
    return { checkpoint: await this.#checkpoints.sign({ size, root }), proofs }
  }

  /** The earliest cosigned checkpoint that covers an entry, and the entry's inclusion proof in it; null without one. */
  async witnessed(index: number): Promise<{ checkpoint: string; proof: Hash[] } | null> {
    const covering = await this.#cosigned.covering(index, 1)
    if (!covering) return null
    const { proof } = await this.#proofs.inclusion(index, covering.size)
    return { checkpoint: covering.note, proof }
  }

  /** Whether a draw may rest on an entry: a quorum of witnesses has cosigned it, or none is required. */
  async isFixed(index: number): Promise<boolean> {
    if (this.#quorum === undefined) return true
    return (await this.#cosigned.covering(index, this.#quorum)) !== undefined
  }
}
