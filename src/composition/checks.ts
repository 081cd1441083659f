import type { Pool } from 'pg'
import { composeArchiveReads } from '../archive/index.ts'
import { archiveStorage } from '../archive/infrastructure/archive-storage.ts'
import { composeAuditLogCheck } from '../audit-log/index.ts'
import { DrizzleAuditLogCheckQueries } from '../audit-log/infrastructure/drizzle-audit-log-check-queries.ts'
import { readStoredLedgerKey } from '../ledger/infrastructure/stored-ledger-key.ts'
import { composeLotteryCheck } from '../lottery/index.ts'
import { ArchivedBallots } from '../lottery/infrastructure/archived-ballots.ts'
import { DrizzleLotteryCheckQueries } from '../lottery/infrastructure/drizzle-lottery-check-queries.ts'
import { postgresOf } from '../shared/infrastructure/postgres.ts'
import { composeUserCheck } from '../user/index.ts'
import { DrizzleUserCheckQueries } from '../user/infrastructure/drizzle-user-check-queries.ts'
import { type ArchiveSettings, postgresStorage } from './storage.ts'

/** Constructs the checks of `npm run check:stored`. With an archive, kept ballots are compared with the ledgers there. */
export function composeChecks(pool: Pool, settings?: ArchiveSettings) {
  const postgres = postgresOf(pool)
  const { db } = postgres
  const archive = settings && new ArchivedBallots(composeArchiveReads(archiveStorage(db, '', settings)))
  const { lottery, auditLog } = postgresStorage(postgres)
  const users = new DrizzleUserCheckQueries(db)
  const banHistory = { inForce: (page: Parameters<typeof users.bansInForce>[0]) => users.bansInForce(page) }
  return {
    readLedgerKey: () => readStoredLedgerKey(db),
    checkStoredLotteries: composeLotteryCheck(lottery, new DrizzleLotteryCheckQueries(db), banHistory, archive),
    checkUsers: composeUserCheck(users),
    checkAuditLog: composeAuditLogCheck(auditLog, new DrizzleAuditLogCheckQueries(db)),
  }
}
