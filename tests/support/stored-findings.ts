import type pg from 'pg'
import { composeChecks } from '../../src/composition/checks.ts'
import type { ArchiveSettings } from '../../src/composition/storage.ts'
import { checkLedgerKey } from '../../src/ledger/application/check-ledger-key.ts'
import type { TreeHead } from '../../src/ledger/domain/growing-tree.ts'

/** Everything that `npm run check:stored -- --all` finds, in one list. */
export async function storedFindings(pool: pg.Pool, kept?: TreeHead, archive?: ArchiveSettings): Promise<string[]> {
  const { readLedgerKey, checkStoredLotteries, checkUsers, checkAuditLog } = composeChecks(pool, archive)
  const findings: string[] = []
  for await (const report of checkStoredLotteries.execute()) findings.push(...report.findings)
  findings.push(...(await checkUsers.execute()).findings, ...checkLedgerKey(await readLedgerKey()))
  return [...findings, ...(await checkAuditLog.execute({ kept })).findings]
}
