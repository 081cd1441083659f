import { auditTree } from '../../shared/application/audit-tree.ts'
import { type Canonical, documentOf, type EventDocument } from '../domain/audit-log.ts'
import type { AuditQueries } from './audit-queries.ts'

/** Entries in memory at once. */
const PAGE = 2_000

/** Computes the audit log again from its entries and the recorded events, and says where they differ. */
export class CheckAuditLog {
  readonly #queries: AuditQueries
  readonly #canonical: Canonical

  constructor(queries: AuditQueries, canonical: Canonical) {
    this.#queries = queries
    this.#canonical = canonical
  }

  async execute(): Promise<{ readonly subject: string; readonly findings: readonly string[] }> {
    const { size, hashes } = await this.#queries.head()
    const findings = await auditTree({
      ...{ size, hashes, read: this.#queries.nodes },
      nameOf: (index) => `entry ${index}`,
      plural: 'entries',
    })
    const surplus = await this.#queries.entries({ after: size - 1, limit: 1 })
    for (const { index } of surplus) findings.push(`entry ${index} is stored beyond the count`)
    return { subject: `audit log, ${size} entries`, findings: [...findings, ...(await this.#eventFindings(size))] }
  }

  /** Whether the entries are the events that were recorded, those of each aggregate without a gap. */
  async #eventFindings(size: number): Promise<string[]> {
    const findings: string[] = []
    const lastSeqs = new Map<string, number>()
    for (let from = 0; from < size; from += PAGE) {
      const limit = Math.min(PAGE, size - from)
      const entries = await this.#queries.entries({ after: from - 1, limit })
      const recorded = await this.#queries.events(from, from + limit - 1)
      const texts = new Map(recorded.map(({ index, event }) => [index, this.#canonical(documentOf(event))]))
      for (const { index, text } of entries) {
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
