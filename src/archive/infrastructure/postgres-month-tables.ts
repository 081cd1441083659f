import type { ClientBase } from 'pg'
import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import { arrayLiteral, bytesLiteral } from '../../shared/infrastructure/array-literal.ts'
import type { MonthTables } from '../application/month-tables.ts'
import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import { Month } from '../domain/month.ts'

/** The tables have the names of the partitions that they become. */
export class PostgresMonthTables implements MonthTables {
  readonly #client: ClientBase

  constructor(client: ClientBase) {
    this.#client = client
  }

  async create(month: Month): Promise<void> {
    await this.#client.query('begin')
    for (const parent of ['ballots', 'ledger_subtrees']) {
      const table = tableOf(parent, month)
      await this.#refuseAttached(table)
      await this.#client.query(`drop table if exists ${table}`)
      await this.#client.query('select make_month($1::regclass, $2::date)', [parent, Month.firstDay(month)])
    }
    await this.#client.query('commit')
  }

  async addBallots(month: Month, ballots: readonly ArchivedBallot[]): Promise<void> {
    await this.#client.query(
      `insert into ${tableOf('ballots', month)}
        (lottery_date, ordinal, id, user_id, user_salt, user_commit, submitted_at)
      select date, ordinal, id, user_id, salt, user_commit, to_timestamp(ms / 1000.0)
      from unnest($1::date[], $2::bigint[], $3::uuid[], $4::uuid[], $5::bytea[], $6::bytea[], $7::bigint[])
        as added (date, ordinal, id, user_id, salt, user_commit, ms)`,
      [
        arrayLiteral(ballots.map(({ lotteryDate }) => lotteryDate)),
        arrayLiteral(ballots.map(({ ordinal }) => ordinal)),
        arrayLiteral(ballots.map(({ id }) => id)),
        ballots.map(({ userId }) => userId),
        ballots.map(({ salt }) => salt),
        ballots.map(({ userCommit }) => userCommit),
        arrayLiteral(ballots.map(({ submittedAt }) => submittedAt)),
      ],
    )
  }

  async addSubtrees(month: Month, date: string, subtrees: readonly Subtree[]): Promise<void> {
    await this.#client.query(
      `insert into ${tableOf('ledger_subtrees', month)} (lottery_date, level, index, hash)
      select $1::date, level, index, hash from unnest($2::smallint[], $3::bigint[], $4::bytea[]) as added (level, index, hash)`,
      [
        date,
        arrayLiteral(subtrees.map(({ level }) => level)),
        arrayLiteral(subtrees.map(({ index }) => index)),
        bytesLiteral(subtrees.map(({ hash }) => hash)),
      ],
    )
  }

  async #refuseAttached(table: string): Promise<void> {
    const { rowCount } = await this.#client.query('select from pg_inherits where inhrelid = to_regclass($1)', [table])
    if (rowCount) throw new Error(`the table ${table} is attached`)
  }
}

function tableOf(parent: string, month: Month): string {
  return `${parent}_${month.replace('-', '_')}`
}
