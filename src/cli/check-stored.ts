import { composeChecks } from '../composition.ts'
import { readConfigOrExit } from '../config.ts'
import { createPool } from '../shared/infrastructure/postgres-pool.ts'

/**
 * `npm run check:stored -- DATE|--all`: recomputes roots, seals and draws from the stored rows, and the audit log from the
 * recorded events. Exit code 0: everything agrees. 1: a difference or a failure. 2: wrong use.
 */
const config = readConfigOrExit()
const [target] = process.argv.slice(2)
if (target === undefined) {
  console.error('usage: npm run check:stored -- DATE|--all')
  process.exitCode = 2
} else {
  try {
    process.exitCode = (await check(target === '--all' ? undefined : target)) ? 0 : 1
  } catch (error) {
    console.error(`FAIL  ${(error as Error).message}`)
    process.exitCode = 1
  }
}

async function check(date: string | undefined): Promise<boolean> {
  const { url, stop } = await openDatabase()
  const pool = createPool({ url, max: 1 })
  let agrees = true
  try {
    const { checkStoredLotteries, checkAuditLog } = composeChecks(pool)
    for await (const report of checkStoredLotteries.execute(date)) agrees = print(report) && agrees
    agrees = print(await checkAuditLog.execute()) && agrees
  } finally {
    await pool.end()
    await stop()
  }
  return agrees
}

/** Prints a report. Returns whether it has no findings. */
function print({ subject, findings }: { subject: string; findings: readonly string[] }): boolean {
  console.log(`${findings.length === 0 ? 'ok  ' : 'FAIL'}  ${subject}`)
  for (const finding of findings) console.log(`      ${finding}`)
  return findings.length === 0
}

async function openDatabase(): Promise<{ url: string; stop: () => Promise<void> }> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, stop: async () => {} }
  const { startEmbeddedPostgres } = await import('../embedded-postgres/embedded-postgres.ts')
  return startEmbeddedPostgres(config.dataDir)
}
