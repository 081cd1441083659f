import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { ballotOf } from './rows.ts'
import { ballots } from './schema.ts'

export interface OrdinalPage {
  readonly date: CalendarDate
  readonly after: number
  readonly limit: number
}

/** Reads ballots of a lottery by ascending ordinal, strictly after `after`. */
export async function ballotsByOrdinal(db: Database, { date, after, limit }: OrdinalPage): Promise<StoredBallot[]> {
  const rows = await db
    .select()
    .from(ballots)
    .where(and(eq(ballots.lotteryDate, date), gt(ballots.ordinal, after)))
    .orderBy(asc(ballots.ordinal))
    .limit(limit)
  return rows.map(ballotOf)
}
