import { expect } from 'vitest'
import { composeChecks } from '../../src/composition/checks.ts'
import { countTo, type PostgresService } from './postgres-service.ts'

interface Place {
  readonly index: number
  readonly aggregate: string
  readonly seq: number
  readonly id: string
}

/** The stored audit log. */
export function loggedIn(service: PostgresService): Promise<Place[]> {
  return service.query<Place>(
    `select index::int, aggregate, (event::jsonb ->> 'seq')::int as seq, id from audit_log order by index`,
  )
}

/** Asserts that the log has every recorded event once, in its aggregate's order, and that the check finds nothing. */
export async function expectWholeLog(service: PostgresService): Promise<void> {
  const log = await loggedIn(service)
  const recorded = await service.query<Place>('select audit_index::int as index, aggregate, seq::int, id from outbox')
  expect(log).toEqual(recorded.toSorted((a, b) => a.index - b.index))
  expect(log.map(({ index }) => index)).toEqual(countTo(log.length).map((n) => n - 1))
  for (const [aggregate, events] of Map.groupBy(log, (place) => place.aggregate)) {
    expect([aggregate, events.map(({ seq }) => seq)]).toEqual([aggregate, countTo(events.length)])
  }
  const { pool } = await service.replica(1)
  const subject = `audit log, ${log.length} entries`
  expect(await composeChecks(pool).checkAuditLog.execute()).toEqual({ subject, findings: [] })
}
