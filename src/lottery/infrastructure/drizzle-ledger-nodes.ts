import { and, asc, between, eq } from 'drizzle-orm'
import type { Subtree } from '../../shared/domain/merkle.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { Ballot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LedgerNodes } from '../domain/ledger-proofs.ts'
import { ballotOf } from './rows.ts'
import { ballots, ledgerSubtrees } from './schema.ts'

export class DrizzleLedgerNodes implements LedgerNodes {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async range(date: CalendarDate, from: number, to: number): Promise<readonly Ballot[]> {
    const rows = await this.#db
      .select()
      .from(ballots)
      .where(and(eq(ballots.lotteryDate, date), between(ballots.ordinal, from, to)))
      .orderBy(asc(ballots.ordinal))
    return rows.map(ballotOf)
  }

  async subtrees(date: CalendarDate, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    const { index, hash, lotteryDate } = ledgerSubtrees
    return this.#db
      .select({ level: ledgerSubtrees.level, index, hash })
      .from(ledgerSubtrees)
      .where(and(eq(lotteryDate, date), eq(ledgerSubtrees.level, level), between(index, from, to)))
      .orderBy(asc(index))
  }
}
