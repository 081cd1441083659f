import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { ObjectStore } from '../../src/archive/application/object-store.ts'
import { VerifyBallotFiles } from '../../src/archive/application/verify-ballot-files.ts'
import { VerifyLedger } from '../../src/archive/application/verify-ledger.ts'
import { VerifyMonth } from '../../src/archive/application/verify-month.ts'
import { composeArchive } from '../../src/archive/index.ts'
import { archiveStorage } from '../../src/archive/infrastructure/archive-storage.ts'
import { AuditLogArchiveTrail } from '../../src/archive/infrastructure/audit-log-archive-trail.ts'
import { DrizzleArchiveQueries } from '../../src/archive/infrastructure/drizzle-archive-queries.ts'
import { FileObjectStore } from '../../src/archive/infrastructure/file-object-store.ts'
import { LotteryMonthSource } from '../../src/archive/infrastructure/lottery-month-source.ts'
import { ParquetBallotFileReader } from '../../src/archive/infrastructure/parquet-ballot-file-reader.ts'
import { composeChecks } from '../../src/composition/checks.ts'
import { composeLotteryExport } from '../../src/lottery/index.ts'
import { DrizzleExportQueries } from '../../src/lottery/infrastructure/drizzle-export-queries.ts'
import { pooledDatabase } from '../../src/shared/infrastructure/postgres-pool.ts'
import type { ArchivedMonth } from './archived-month.ts'
import { SIGNER } from './ledger.ts'

/** The archive of the month over another store. */
export function archiveOver(
  month: ArchivedMonth,
  store: ObjectStore,
  graceDays: number,
): ReturnType<typeof composeArchive> {
  const db = pooledDatabase(month.pool)
  const { auditLog } = month.replica()
  return composeArchive(
    { ...archiveStorage(db, month.service.url, undefined), store, reader: new ParquetBallotFileReader(store) },
    {
      source: sourceOf(month),
      trail: new AuditLogArchiveTrail(auditLog),
      signer: SIGNER,
      afterMonths: 3,
      graceDays,
      publicUrl: undefined,
      metrics: new Registry(),
      log: pino({ level: 'silent' }),
    },
  )
}

/** What the verification of the month in its folder finds, wherever its rows are. */
export async function archiveFindings(month: ArchivedMonth): Promise<string[]> {
  const store = new FileObjectStore(month.folder)
  const source = sourceOf(month)
  const ballotFiles = new VerifyBallotFiles(source, new ParquetBallotFileReader(store))
  const verifyMonth = new VerifyMonth(source, store, ballotFiles, new VerifyLedger(store), SIGNER)
  const [archive] = await new DrizzleArchiveQueries(pooledDatabase(month.pool)).list()
  return archive ? verifyMonth.execute(archive, () => {}) : ['the month is not archived']
}

function sourceOf(month: ArchivedMonth): LotteryMonthSource {
  const { lottery, auditLog } = month.replica()
  const queries = new DrizzleExportQueries(pooledDatabase(month.pool))
  const { checkStoredLotteries } = composeChecks(month.pool)
  return new LotteryMonthSource(composeLotteryExport(queries, SIGNER, lottery), checkStoredLotteries, auditLog)
}
