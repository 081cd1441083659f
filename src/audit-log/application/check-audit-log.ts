import { checkTree } from '../../ledger/application/check-tree.ts'
import { type Canonical, documentOf, type EventDocument } from '../domain/audit-log.ts'
import type { AuditLogQueries } from './audit-log-queries.ts'

/** Maximum number of entries in memory. */
const PAGE = 2_000

/** Recomputes the audit log from its entries and from the recorded events, and compares. */
export class CheckAuditLog {
  readonly #queries: AuditLogQueries
  readonly #canonical: Canonical

  constructor(queries: AuditLogQueries, canonical: Canonical) {
    this.#queries = queries
    this.#canonical = canonical
  }

  /** Reports every difference, in sentences. */
  async execute(): Promise<{ readonly subject: string; readonly findings: readonly string[] }> {
    const tree = await this.#queries.tree()
    const findings = await checkTree({
      ...tree,
      read: this.#queries.nodes,
      nameOf: (index) => `entry ${index}`,
      plural: 'entries',
    })
    findings.push(...(await this.#surplusFindings(tree.size)), ...(await this.#eventFindings(tree.size)))
    return { subject: `audit log, ${tree.size} entries`, findings }
  }

  /** Finds rows outside of the log. The log may have grown during the check, so its size is read again at the end. */
  async #surplusFindings(size: number): Promise<string[]> {
    const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number
    const [first] = await this.#queries.entries({ after: MIN_SAFE_INTEGER, limit: 1 })
    const [surplus] = await this.#queries.entries({ after: size - 1, limit: 1 })
    const events = [
      ...(await this.#queries.events(MIN_SAFE_INTEGER, -1)),
      ...(await this.#queries.events(size, MAX_SAFE_INTEGER)),
    ]
    const now = await this.#queries.tree()
    const isOutside = ({ index }: { readonly index: number }) => index < 0 || index >= now.size
    const findings: string[] = []
    if (first && first.index < 0) findings.push(`entry ${first.index} is stored before the first`)
    if (surplus && isOutside(surplus)) findings.push(`entry ${surplus.index} is stored beyond the count`)
    for (const { index, event } of events.filter(isOutside))
      findings.push(`event ${event.seq} of ${event.aggregate} is marked as entry ${index}, which the log does not have`)
    return findings
  }

  /** Compares the entries with the recorded events, and checks that each aggregate's events have no gap. */
  async #eventFindings(size: number): Promise<string[]> {
    const findings: string[] = []
    const lastSeqs = new Map<string, number>()
    for (let from = 0; from < size; from += PAGE) {
      const limit = Math.min(PAGE, size - from)
      const entries = await this.#queries.entries({ after: from - 1, limit })
      const recorded = await this.#queries.events(from, from + limit - 1)
      const texts = new Map(recorded.map(({ index, event }) => [index, this.#canonical(documentOf(event))]))
      for (const { index, text } of entries.filter((entry) => entry.index < from + limit)) {
        if (texts.get(index) !== text) findings.push(`entry ${index} is not the event that was recorded`)
        const { aggregate, seq } = JSON.parse(text) as EventDocument
        const expected = (lastSeqs.get(aggregate) ?? 0) + 1
        if (seq !== expected) findings.push(`entry ${index} is event ${seq} of ${aggregate}, not ${expected}`)
        lastSeqs.set(aggregate, seq)
      }
    }
    return findings
  }
}
