import { parseArgs } from 'node:util'
import { composeChecks } from '../composition/checks.ts'
import { readConfigOrExit } from '../config/config.ts'
import { checkLedgerKey } from '../ledger/application/check-ledger-key.ts'
import { createPool } from '../shared/infrastructure/postgres-pool.ts'
import { checkKeptNote, type KeptNote, readKeptNote } from './kept-checkpoint.ts'
import { openDatabase } from './open-database.ts'
import { ProgressLine } from './progress-line.ts'

/**
 * `npm run check:stored -- DATE|--all [--checkpoint FILE]`: recomputes roots, seals and draws from the stored rows, and
 * compares everything that is stored with its own events. FILE is a checkpoint of the audit log that was kept elsewhere. Exit
 * code 0: everything agrees. 1: a difference or a failure. 2: wrong use.
 */
const USAGE = 'usage: npm run check:stored -- DATE|--all [--checkpoint FILE]'
/** Maximum number of findings of one report that are printed. */
const MAX_FINDINGS = 20

const config = readConfigOrExit()
const progress = new ProgressLine()
const use = await readArguments().catch((error: unknown) => {
  console.error(`${(error as Error).message}\n${USAGE}`)
  process.exitCode = 2
})
if (use) {
  try {
    process.exitCode = (await check(use)) ? 0 : 1
  } catch (error) {
    progress.clear()
    console.error(`FAIL  ${(error as Error).message}`)
    process.exitCode = 1
  }
}

interface Use {
  /** Undefined: all lotteries. */
  readonly date: string | undefined
  readonly kept: KeptNote | undefined
}

async function readArguments(): Promise<Use> {
  const options = { all: { type: 'boolean' }, checkpoint: { type: 'string' } } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [date] = positionals
  if (positionals.length > 1 || (date === undefined) === !values.all)
    throw new Error('Say one date, or --all for all lotteries.')
  return { date, kept: values.checkpoint === undefined ? undefined : await readKeptNote(values.checkpoint) }
}

async function check({ date, kept }: Use): Promise<boolean> {
  const { url, stop } = await openDatabase(config)
  const pool = createPool({ url, max: 1 })
  let agrees = true
  const report = (subject: string, findings: readonly string[]) => {
    print(subject, findings)
    agrees &&= findings.length === 0
  }
  try {
    const { readLedgerKey, checkStoredLotteries, checkUsers, checkAuditLog } = composeChecks(pool, config.archive)
    const lotteries = checkStoredLotteries.execute(date, (at) => progress.show(at.date, at.ballots, at.of))
    for await (const { subject, findings } of lotteries) report(subject, findings)
    const users = await checkUsers.execute()
    report(users.subject, users.findings)
    const stored = await readLedgerKey()
    report('ledger key', checkLedgerKey(stored))
    const noteFindings = kept ? checkKeptNote(kept, stored.key?.verifierKey) : []
    if (kept) report(`kept checkpoint of ${kept.head.size} entries`, noteFindings)
    const log = await checkAuditLog.execute({
      kept: noteFindings.length === 0 ? kept?.head : undefined,
      onProgress: (entries, of) => progress.show('the audit log', entries, of),
    })
    report(log.subject, log.findings)
  } finally {
    await pool.end()
    await stop()
  }
  return agrees
}

function print(subject: string, findings: readonly string[]): void {
  progress.clear()
  console.log(`${findings.length === 0 ? 'ok  ' : 'FAIL'}  ${subject}`)
  for (const finding of findings.slice(0, MAX_FINDINGS)) console.log(`      ${finding}`)
  if (findings.length > MAX_FINDINGS) console.log(`      and ${findings.length - MAX_FINDINGS} more differences`)
}
