/** Draws closed lotteries again, with the verifier. */
import { AuditLogReplay } from '../verify/audit-log.ts'
import { dueAt } from '../verify/beacon.ts'
import { type Evidence, parseEvidence } from '../verify/document.ts'
import { Refusal } from '../verify/json.ts'
import { type Checkpoint, parseCheckpoint } from '../verify/note.ts'
import type { Report } from '../verify/report.ts'
import { type Inputs, verify } from '../verify/verify.ts'
import { Contradiction, type Proof } from './contradiction.ts'
import { readLines, readText, Unavailable } from './requests.ts'
import { dataOf, timeOfEvent } from './rules.ts'
import type { Settings } from './settings.ts'
import type { LotteryFacts, State } from './state.ts'

/** Lotteries whose evidence is in memory at once. The whole log is read once for each such batch. */
const BATCH = 50
/** Milliseconds after the close in which evidence without cosignatures is read again, where the reader named witnesses. */
const COSIGNING = 3_600_000

interface Candidate {
  readonly date: string
  readonly facts: LotteryFacts
  readonly text: string
  readonly evidence: Evidence
}

/**
 * Draws every closed lottery that has no final result yet, and puts the results into the state. A lottery whose documents
 * are not served gets no result, and does not stop the visit: else an operator could stop the monitor with one of them.
 * Returns what is wrong.
 *
 * @param now the monitor's clock, in milliseconds since 1970-01-01
 */
export async function redrawClosed(state: State, settings: Settings, now: number): Promise<Contradiction[]> {
  const open = [...state.lotteries].filter(([, { events, result, retryUntil = 0 }]) => {
    return events.closed !== undefined && (result === undefined || now < retryUntil)
  })
  const contradictions: Contradiction[] = []
  for (let from = 0; from < open.length; from += BATCH) {
    const candidates: Candidate[] = []
    for (const [date, facts] of open.slice(from, from + BATCH)) {
      const evidenceUrl = `${settings.url}/lotteries/${date}/evidence`
      const text = await collect(contradictions, () => readText(evidenceUrl))
      const evidence = await collect(contradictions, () => text && readEvidence(date, text))
      if (text && evidence) candidates.push({ date, facts, text, evidence })
    }
    if (candidates.length === 0) continue
    const replay = await collect(contradictions, () => replayOf(state, candidates, settings))
    if (!replay) break
    for (const candidate of candidates) await collect(contradictions, () => redraw(candidate, replay, state, settings))
  }
  return contradictions
}

/** Returns nothing when the work finds a contradiction, which is kept, or meets no answer. */
async function collect<T>(found: Contradiction[], work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Contradiction) found.push(error)
    else if (!(error instanceof Unavailable)) throw error
    return undefined
  }
}

function readEvidence(date: string, text: string): Evidence {
  try {
    return parseEvidence(text)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Contradiction(`The evidence of ${date} is no evidence: ${error.message}.`, [proofOf(date, text)])
  }
}

/** Reads the whole log once more, for the roots of the checkpoints in the evidence and for the bans. */
async function replayOf(state: State, candidates: readonly Candidate[], { url }: Settings): Promise<AuditLogReplay> {
  const kept = parseCheckpoint(state.note ?? '') as Checkpoint
  const notes = candidates.flatMap(({ evidence: { audit } }) => [audit.checkpoint, audit.witnessed?.checkpoint ?? ''])
  const sizes = notes.flatMap((note) => parseCheckpoint(note)?.size ?? [])
  const replay = new AuditLogReplay({ sizes: [kept.size, ...sizes] })
  try {
    for await (const line of readLines(`${url}/audit/log`)) replay.add(line)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Contradiction(`${error.message}.`, [{ name: 'audit-now.note', text: kept.note }])
  }
  if (replay.root(kept.size) === kept.root) return replay
  const sentence = `The whole log, read again, does not give the root of the checkpoint of size ${kept.size}.`
  throw new Contradiction(sentence, [{ name: 'audit-now.note', text: kept.note }])
}

async function redraw(
  { date, facts, text, evidence }: Candidate,
  replay: AuditLogReplay,
  state: State,
  settings: Settings,
): Promise<void> {
  const { url, witnesses, chain, chainText } = settings
  const due = evidence.entropy.kind === 'drand' ? dueAt(chain, evidence.entropy.round) * 1000 : 0
  const seal = dataOf(facts, 'sealed')
  const commitment = evidence.entropy.kind === 'commit-reveal' ? seal?.source : undefined
  const inputs: Inputs = {
    evidence: text,
    key: state.key,
    replay,
    witnesses,
    ledger: readLines(`${url}/lotteries/${date}/ledger`),
    sealHash: (facts.seenAt.sealed ?? due) < due ? seal?.seal_hash : undefined,
    commitment: (facts.seenAt.created ?? Infinity) < Date.parse(seal?.sealed_at ?? '') ? commitment : undefined,
    chain: chainText,
  }
  const report = await verify(inputs).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error
    throw new Contradiction(`The documents of ${date} are none: ${error.message}.`, [proofOf(date, text)])
  })
  if (evidence.lottery_date !== date || report.verdict === 1) throw contradictionOf(date, text, report)
  const [winner, ...others] = evidence.winners
  const won = winner ? `ordinal ${winner.ordinal} of ${evidence.ballot_count}, ballot ${winner.ballot_id}` : 'nobody'
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  const awaitsWitness = witnesses.length > 0 && evidence.audit.witnessed === null
  if (awaitsWitness) facts.retryUntil = timeOfEvent(facts, 'closed') + COSIGNING
  else delete facts.retryUntil
  facts.result = `${report.headline.replace(/:.*$/s, '')}; won: ${won}${more}; ${evidence.exclusions.length} excluded`
}

function contradictionOf(date: string, text: string, { checks, conflicts }: Report): Contradiction {
  const failed = checks.filter(({ ok }) => !ok)
  const sentences = failed.map(({ what, because }) => (because ? `${what} But ${because}.` : what))
  const notes = conflicts.flatMap(({ notes: pair }) =>
    pair.map((note) => ({ name: `${date}-conflict.note`, text: note })),
  )
  const sentence = `The evidence of ${date} is NOT verified. Not true: ${sentences.join(' ') || 'its date.'}`
  return new Contradiction(sentence, [proofOf(date, text), ...notes])
}

function proofOf(date: string, text: string): Proof {
  return { name: `${date}-evidence.json`, text }
}
