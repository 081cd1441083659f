import { tmpdir } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { composeChecks } from '../../src/composition/checks.ts'
import type { TreeHead } from '../../src/ledger/domain/growing-tree.ts'
import { headOfNote } from '../../src/ledger/infrastructure/signed-note.ts'
import { createPool } from '../../src/shared/infrastructure/postgres-pool.ts'
import { main as verify } from '../../src/verify/main.ts'
import { storedFindings } from '../support/stored-findings.ts'
import { type Attempt, differences, type StoredRow } from './history.ts'
import type { Stage } from './stage.ts'
import { untilOk } from './until-ok.ts'

/** Within this time after the close, the audit log has the events that the evidence quotes. */
const EVIDENCE_WITHIN_MS = 30_000
/** Exit codes of the verifier: all agrees, and the service is its only witness; there is no evidence. */
const [RECOMPUTES, NO_EVIDENCE] = [3, 2]

/** Sentences that say what is wrong with a closed day; none when all is as it was acknowledged. */
export async function findingsOfDay(stage: Stage, date: string, attempts: readonly Attempt[]): Promise<string[]> {
  const findings = [
    ...differences(attempts, await storedBallots(stage, date)),
    ...(await eventFindings(stage, date)),
    ...(await evidenceFindings(stage, date)),
    ...(await rowFindings(stage, date)),
  ]
  return findings.map((finding) => `${date}: ${finding}`)
}

/** What `npm run check:stored -- --all` finds. `kept` is a head of the audit log that was signed earlier. */
export function findingsOfAll({ database }: Stage, kept: TreeHead | undefined): Promise<string[]> {
  return withPool(database.url, (pool) => storedFindings(pool, kept))
}

/** Head of the signed audit log at the moment. */
export async function auditHead({ replicas }: Stage): Promise<TreeHead | undefined> {
  const answer = await untilOk(`${replicas[0].url}/audit/checkpoint`, {})
  return headOfNote(await answer.text())
}

function storedBallots({ database }: Stage, date: string): Promise<StoredRow[]> {
  const sql = 'select id, ordinal::int, user_id as "userId" from ballots where lottery_date = $1 order by ordinal'
  return database.rows<StoredRow>(sql, [date])
}

async function eventFindings({ database }: Stage, date: string): Promise<string[]> {
  const sql = "select type from outbox where aggregate = $1 and type <> 'lottery.created.v1' order by seq"
  const types = (await database.rows<{ type: string }>(sql, [`lottery/${date}`])).map(({ type }) => type).join(', ')
  return types === 'lottery.sealed.v1, lottery.closed.v1' ? [] : [`the events are ${types}, not one seal and one draw`]
}

/** Verifies the day at both replicas as a reader does, with the whole ledger and the whole audit log. */
async function evidenceFindings({ replicas }: Stage, date: string): Promise<string[]> {
  const findings: string[] = []
  for (const { name, url } of replicas) {
    const day = `${url}/lotteries/${date}`
    const { code, text } = await verdict([
      `${day}/evidence`,
      '--ledger',
      `${day}/ledger`,
      '--audit-log',
      `${url}/audit/log`,
    ])
    if (code !== RECOMPUTES) findings.push(`the evidence of ${name} does not verify: ${text}`)
  }
  return findings
}

/** What the verifier says. While the evidence is not there yet, or the service is overloaded, asks again. */
async function verdict(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  for (const deadline = performance.now() + EVIDENCE_WITHIN_MS; ; await setTimeout(100)) {
    const lines: string[] = []
    const code = await verify(args, { print: (line) => void lines.push(line), folder: tmpdir() })
    if (code !== NO_EVIDENCE || performance.now() > deadline)
      return { code, text: lines.filter((line) => !/^(ok |- |$)/.test(line)).join(' / ') }
  }
}

function rowFindings({ database }: Stage, date: string): Promise<string[]> {
  return withPool(database.url, async (pool) => {
    const findings: string[] = []
    for await (const report of composeChecks(pool).checkStoredLotteries.execute(date)) findings.push(...report.findings)
    return findings
  })
}

async function withPool<T>(url: string, use: (pool: ReturnType<typeof createPool>) => Promise<T>): Promise<T> {
  const pool = createPool({ url, max: 1 })
  try {
    return await use(pool)
  } finally {
    await pool.end()
  }
}
