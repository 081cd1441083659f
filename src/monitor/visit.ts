/** One visit to a service: reads what is new in its audit log, and judges every lottery. */
import { dueAt } from '../verify/beacon.ts'
import { leaf } from '../verify/merkle.ts'
import { type Checkpoint, openCheckpoint, parseCheckpoint, parseLogKey } from '../verify/note.ts'
import { ascii, midnightAfter, timeOf } from '../verify/primitives.ts'
import { Contradiction, type Proof } from './contradiction.ts'
import { drawUnclosed } from './own-draw.ts'
import { redrawClosed } from './redraw.ts'
import { readLines, readText, Unavailable } from './requests.ts'
import { addEvent, dataOf, timeOfEvent } from './rules.ts'
import type { Settings } from './settings.ts'
import { copyOf, type LotteryFacts, STAGES, type State } from './state.ts'

const MAX_CHECKPOINT = 100_000
/** Milliseconds after which a step of the operator is late. */
const GRACE = 600_000

export interface Visited {
  /** State after the visit. It is to be kept only when there is no contradiction. */
  readonly state: State
  /** A line for each lottery, by date. */
  readonly lines: readonly string[]
  readonly alarms: number
  readonly contradictions: readonly Contradiction[]
}

/**
 * Visits a service. The given state is not changed.
 *
 * @param clock the monitor's clock, in milliseconds since 1970-01-01
 * @throws Unavailable when the service does not answer
 */
export async function visit(before: State, settings: Settings, clock: () => number): Promise<Visited> {
  const state = copyOf(before)
  const contradictions: Contradiction[] = []
  const lines: string[] = []
  try {
    await readNews(state, settings, clock)
    contradictions.push(...(await redrawClosed(state, settings, clock())))
    for (const [date, facts] of [...state.lotteries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`${date}  ${await lineOf(date, facts, settings, clock())}`)
    }
  } catch (error) {
    if (!(error instanceof Contradiction)) throw error
    contradictions.push(error)
  }
  const alarms = lines.filter((line) => line.includes('ALARM')).length
  return { state, lines, alarms, contradictions }
}

/** Reads the checkpoint and the events since the last one, and computes the root anew. */
async function readNews(state: State, { url, chain }: Settings, clock: () => number): Promise<void> {
  const { note: keptNote, tree } = state
  const kept = keptNote === undefined ? [] : [{ name: 'audit-kept.note', text: keptNote }]
  const checkpoint = await readCheckpoint(url, state.key, kept)
  const proofs = [...kept, { name: 'audit-now.note', text: checkpoint.note }]
  const from = tree.size
  const { size, root } = checkpoint
  if (size < from) throw new Contradiction(`The log has ${size} events now, and had ${from} before.`, proofs)

  let broken: Contradiction | undefined
  for await (const line of size > from ? readLines(`${url}/audit/log?from=${from}&to=${size}`) : []) {
    if (tree.size === size) throw new Unavailable(`${url}/audit/log sent more events than it was asked for`)
    tree.add(leaf(ascii(line)))
    try {
      if (!broken) addEvent(state, line, tree.size - 1, chain)
    } catch (error) {
      if (!(error instanceof Contradiction)) throw error
      broken = error
    }
  }
  if (tree.size < size || tree.root() !== root) {
    const what = from > 0 ? `The log of ${from} events that was kept, and the events since then,` : 'The log'
    throw new Contradiction(`${what} of ${tree.size} events, does not give the signed root of size ${size}.`, proofs)
  }
  if (broken) throw new Contradiction(broken.message, [...broken.proofs, ...proofs])
  state.note = checkpoint.note
  const now = clock()
  for (const { events, seenAt } of state.lotteries.values())
    for (const stage of STAGES) if (events[stage] !== undefined) seenAt[stage] ??= now
}

async function readCheckpoint(url: string, vkey: string, kept: readonly Proof[]): Promise<Checkpoint> {
  const key = parseLogKey(vkey, 'the key')
  const note = await readText(`${url}/audit/checkpoint`, MAX_CHECKPOINT)
  if (!parseCheckpoint(note)) throw new Unavailable(`${url}/audit/checkpoint is no checkpoint`)
  const checkpoint = openCheckpoint(note, key)
  if (checkpoint?.origin === `${key.name}/audit`) return checkpoint
  const sentence = `The checkpoint is not one of ${key.name}/audit that the key ${vkey} signed.`
  throw new Contradiction(sentence, [...kept, { name: 'audit-now.note', text: note }])
}

/** Judges a lottery in words. */
async function lineOf(date: string, facts: LotteryFacts, settings: Settings, now: number): Promise<string> {
  const isOver = (deadline: number) => now > deadline + GRACE
  if (facts.result !== undefined) return facts.result
  if (facts.events.closed !== undefined) {
    const isLate = isOver(timeOfEvent(facts, 'closed'))
    return isLate
      ? 'ALARM closed, but its evidence, its ledger or the log is not served'
      : 'closed, not drawn again yet'
  }
  const seal = dataOf(facts, 'sealed')
  if (!seal) {
    const isLate = isOver(midnightAfter(date))
    return isLate ? 'ALARM not sealed, though its day is over for more than 10 minutes' : 'open'
  }
  const isDrand = seal.kind === 'drand'
  const due = isDrand ? dueAt(settings.chain, seal.round) * 1000 : Date.parse(seal.sealed_at)
  if (!isOver(due)) return `sealed at ${seal.sealed_at}, not closed yet`
  const late = `ALARM sealed at ${seal.sealed_at}, but not closed`
  if (!isDrand) return `${late}: the operator withholds the result, which only the secret gives`
  return `${late}, though round ${seal.round} was due at ${timeOf(due)}; ${await drawUnclosed(seal, facts, settings)}`
}
