import { checkTree, type KnownHead, outsideFindings, storedSubtreesOf } from '../../ledger/application/check-tree.ts'
import type { TreeHead } from '../../ledger/domain/growing-tree.ts'
import { type Canonical, documentOf } from '../domain/audit-log.ts'
import type { AuditLogCheckQueries } from './audit-log-check-queries.ts'
import type { AuditLogQueries } from './audit-log-queries.ts'

/** Maximum number of entries in memory. */
const PAGE = 2_000
const PLURAL = 'entries'
const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number

interface Options {
  /** Head of a checkpoint that was kept outside of the database. */
  readonly kept?: TreeHead | undefined
  /** Called with the number of entries read so far, and the number of all. */
  readonly onProgress?: (entries: number, of: number) => void
}

/** Recomputes the audit log from its entries and from the recorded events, and compares. */
export class CheckAuditLog {
  readonly #queries: AuditLogQueries
  readonly #checkQueries: AuditLogCheckQueries
  readonly #canonical: Canonical

  constructor(queries: AuditLogQueries, checkQueries: AuditLogCheckQueries, canonical: Canonical) {
    this.#queries = queries
    this.#checkQueries = checkQueries
    this.#canonical = canonical
  }

  /** Reports every difference, in sentences. */
  async execute({ kept, onProgress }: Options = {}): Promise<{
    readonly subject: string
    readonly findings: readonly string[]
  }> {
    const tree = await this.#queries.tree()
    const keptHeads = kept ? [keptHead(kept)] : []
    const findings = [
      ...(await checkTree({
        ...tree,
        read: this.#queries.nodes,
        nameOf: (index) => `entry ${index}`,
        plural: PLURAL,
        knownHeads: async (from, to) =>
          [...(await this.#cosignedHeads(from, to)), ...keptHeads]
            .filter(({ size }) => size >= from && size <= to)
            .sort((a, b) => a.size - b.size),
        onProgress: (entries) => onProgress?.(entries, tree.size),
      })),
      ...(await this.#outsideHeads(keptHeads)),
      ...(await this.#surplusFindings(tree.size)),
      ...(await this.#eventFindings(tree.size)),
    ]
    return { subject: `audit log, ${tree.size} entries`, findings }
  }

  async #cosignedHeads(from: number, to: number): Promise<KnownHead[]> {
    const heads = await this.#checkQueries.cosignedHeads(from, to)
    return heads.map((head) => ({ ...head, name: `the cosigned checkpoint of ${head.size} ${PLURAL}` }))
  }

  /** Finds checkpoints of more entries than the log has, and of none. The log may have grown since the check began. */
  async #outsideHeads(keptHeads: readonly KnownHead[]): Promise<string[]> {
    const cosigned = [
      ...(await this.#cosignedHeads(MIN_SAFE_INTEGER, 0)),
      ...(await this.#cosignedHeads((await this.#queries.tree()).size + 1, MAX_SAFE_INTEGER)),
    ]
    const { size } = await this.#queries.tree()
    return [...keptHeads, ...cosigned].flatMap((head) => outsideFindings(head, size, PLURAL))
  }

  /** Finds rows outside of the log. The log may have grown during the check, so its size is read again at the end. */
  async #surplusFindings(size: number): Promise<string[]> {
    const [first] = await this.#queries.entries({ after: MIN_SAFE_INTEGER, limit: 1 })
    const [surplus] = await this.#queries.entries({ after: size - 1, limit: 1 })
    const events = [
      ...(await this.#queries.events(MIN_SAFE_INTEGER, -1)),
      ...(await this.#queries.events(size, MAX_SAFE_INTEGER)),
    ]
    const now = await this.#checkQueries.subtrees()
    const isOutside = ({ index }: { readonly index: number }) => index < 0 || index >= now.size
    const findings: string[] = []
    if (first && first.index < 0) findings.push(`entry ${first.index} is stored before the first`)
    if (surplus && isOutside(surplus)) findings.push(`entry ${surplus.index} is stored beyond the count`)
    for (const { index, event } of events.filter(isOutside))
      findings.push(`event ${event.seq} of ${event.aggregate} is marked as entry ${index}, which the log does not have`)
    const subtrees = storedSubtreesOf(now.size)
    if (now.subtrees > subtrees)
      findings.push(`${now.subtrees} subtrees are stored, ${now.size} entries have ${subtrees}`)
    return findings
  }

  /** Compares the entries with the recorded events, and checks that each aggregate's events have no gap. */
  async #eventFindings(size: number): Promise<string[]> {
    const findings: string[] = []
    for (let from = 0; from < size; from += PAGE) {
      const limit = Math.min(PAGE, size - from)
      const to = from + limit - 1
      const entries = await this.#queries.entries({ after: from - 1, limit })
      const recorded = await this.#queries.events(from, to)
      const texts = new Map(recorded.map(({ index, event }) => [index, this.#canonical(documentOf(event))]))
      for (const { index, text } of entries.filter((entry) => entry.index <= to)) {
        if (texts.get(index) !== text) findings.push(`entry ${index} is not the event that was recorded`)
      }
      for (const { index, seq, aggregate } of await this.#checkQueries.misplaced(from, to))
        findings.push(`entry ${index}, event ${seq} of ${aggregate}, does not follow the event before it`)
    }
    return findings
  }
}

function keptHead({ size, root }: TreeHead): KnownHead {
  return { size, root, name: `the kept checkpoint of ${size} ${PLURAL}` }
}
