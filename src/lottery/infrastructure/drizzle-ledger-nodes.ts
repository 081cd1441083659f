import { and, asc, between, eq, sql } from 'drizzle-orm'
import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { ledgerEntryOf } from '../domain/ledger-entry.ts'
import type { LedgerEntry, LedgerNodes } from '../domain/ledger-proofs.ts'
import { ballotOf } from './rows.ts'
import { ballots, ledgerSubtrees } from './schema.ts'

export class DrizzleLedgerNodes implements LedgerNodes {
  readonly #range: ReturnType<typeof prepareRange>
  readonly #subtrees: ReturnType<typeof prepareSubtrees>

  constructor(db: Database) {
    this.#range = prepareRange(db)
    this.#subtrees = prepareSubtrees(db)
  }

  async entries(date: CalendarDate, from: number, to: number): Promise<readonly LedgerEntry[]> {
    const rows = await this.#range.execute({ date, from, to })
    return rows.map((row) => ({ ordinal: row.ordinal, entry: ledgerEntryOf(ballotOf(row)) }))
  }

  async subtrees(date: CalendarDate, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    return this.#subtrees.execute({ date, level, from, to })
  }
}

function prepareRange(db: Database) {
  const { placeholder } = sql
  return db
    .select()
    .from(ballots)
    .where(
      and(
        eq(ballots.lotteryDate, placeholder('date')),
        between(ballots.ordinal, placeholder('from'), placeholder('to')),
      ),
    )
    .orderBy(asc(ballots.ordinal))
    .prepare('ballot_range')
}

function prepareSubtrees(db: Database) {
  const { placeholder } = sql
  const { lotteryDate, level, index, hash } = ledgerSubtrees
  return db
    .select({ level, index, hash })
    .from(ledgerSubtrees)
    .where(
      and(
        eq(lotteryDate, placeholder('date')),
        eq(level, placeholder('level')),
        between(index, placeholder('from'), placeholder('to')),
      ),
    )
    .orderBy(asc(index))
    .prepare('ledger_subtrees')
}
