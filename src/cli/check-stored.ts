import { composeChecks } from '../composition.ts'
import { readConfigOrExit } from '../config.ts'
import { createPool } from '../shared/infrastructure/postgres-pool.ts'

/** `npm run audit -- DATE|--all`: computes roots, seals and draws again from the stored rows, and the audit log
 * from the recorded events. Exit code 0 when all hold. */
const config = readConfigOrExit()
const [what = ''] = process.argv.slice(2)
if (what === '') {
  console.error('usage: npm run audit -- DATE|--all')
  process.exitCode = 2
} else {
  try {
    process.exitCode = (await audit(what === '--all' ? undefined : what)) ? 0 : 1
  } catch (error) {
    console.error(`FAIL  ${(error as Error).message}`)
    process.exitCode = 1
  }
}

async function audit(only: string | undefined): Promise<boolean> {
  const { url, stop } = await openDatabase()
  const pool = createPool({ url, max: 1 })
  let isSound = true
  try {
    const { checkStoredLotteries, checkAuditLog } = composeChecks(pool)
    for await (const report of checkStoredLotteries.execute(only)) isSound = tell(report) && isSound
    isSound = tell(await checkAuditLog.execute()) && isSound
  } finally {
    await pool.end()
    await stop()
  }
  return isSound
}

/** Whether there was nothing to find. */
function tell({ subject, findings }: { subject: string; findings: readonly string[] }): boolean {
  console.log(`${findings.length === 0 ? 'ok  ' : 'FAIL'}  ${subject}`)
  for (const finding of findings) console.log(`      ${finding}`)
  return findings.length === 0
}

async function openDatabase(): Promise<{ url: string; stop: () => Promise<void> }> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, stop: async () => {} }
  const { startEmbeddedPostgres } = await import('../embedded-postgres/embedded-postgres.ts')
  return startEmbeddedPostgres(config.dataDir)
}
