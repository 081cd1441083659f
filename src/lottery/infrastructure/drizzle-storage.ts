import type { Postgres } from '../../shared/infrastructure/postgres.ts'
import { PostgresUnitOfWork } from '../../shared/infrastructure/postgres-unit-of-work.ts'
import { WriteProbe } from '../../shared/infrastructure/write-probe.ts'
import type { LotteryStorage } from '../application/lottery-storage.ts'
import { prepareMonths } from './ballot-partitions.ts'
import { DrizzleBallotRepository } from './drizzle-ballot-repository.ts'
import { DrizzleBallotsOfUser } from './drizzle-ballots-of-user.ts'
import { DrizzleKeptBallots } from './drizzle-kept-ballots.ts'
import { DrizzleLedgerNodes } from './drizzle-ledger-nodes.ts'
import { DrizzleLotteryQueries } from './drizzle-lottery-queries.ts'
import { DrizzleLotteryRepository } from './drizzle-lottery-repository.ts'

export function drizzleLotteryStorage({ pool, db }: Postgres): LotteryStorage {
  const writeProbe = new WriteProbe(pool)
  return {
    unitOfWork: new PostgresUnitOfWork(pool, (tx) => ({
      lotteries: new DrizzleLotteryRepository(tx),
      ballots: new DrizzleBallotRepository(tx),
    })),
    queries: new DrizzleLotteryQueries(db),
    ledgerNodes: new DrizzleLedgerNodes(db),
    keptBallots: new DrizzleKeptBallots(db),
    ballotsOfUser: new DrizzleBallotsOfUser(db),
    prepareMonths: (daysAhead) => prepareMonths(db, daysAhead),
    tryWrite: () => writeProbe.tryWrite(),
  }
}
