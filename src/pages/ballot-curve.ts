import type { ListBallots } from '../lottery/application/list-ballots.ts'
import type { CalendarDate } from '../lottery/domain/calendar-date.ts'
import type { Instant } from '../shared/domain/instant.ts'

/** Ballots whose time is read. Between two of them, the curve is a straight line. */
const SAMPLES = 48

/** The ballot of an ordinal was submitted at this time, so as many ballots were there. */
export interface CurvePoint {
  readonly at: Instant
  readonly count: number
}

/**
 * Number of ballots over time. It reads evenly spaced ballots alone, so that it costs the same for any number of them and
 * for archived ones.
 */
export async function ballotCurve(
  listBallots: ListBallots,
  { date, size }: { date: CalendarDate; size: number },
): Promise<readonly CurvePoint[]> {
  const steps = Math.min(SAMPLES, size)
  const ordinals = Array.from({ length: steps }, (_, n) => Math.max(1, Math.round(((n + 1) * size) / steps)))
  const points: CurvePoint[] = []
  for (const ordinal of new Set([1, ...ordinals].slice(0, size + 1))) {
    const [ballot] = await listBallots.ofLottery({ date, after: ordinal - 1, limit: 1 })
    if (ballot) points.push({ at: ballot.submittedAt, count: ballot.ordinal })
  }
  return points
}
