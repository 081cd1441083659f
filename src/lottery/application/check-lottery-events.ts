import type { Instant } from '../../shared/domain/instant.ts'
import type { Ballot } from '../domain/ballot.ts'
import { closedData, createdData, sealedData } from '../domain/lottery-events.ts'
import { type LotteryState, sealFactsOf } from '../domain/lottery-state.ts'
import type { LoggedEvent, StoredLottery } from './lottery-check-queries.ts'
import { sameJson } from './same-json.ts'

/** What an event must say by the lottery's other stored facts. */
interface ExpectedEvent {
  readonly name: 'created' | 'sealed' | 'closed'
  readonly at: Instant
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * Compares a lottery's stored facts with its own events. Returns a sentence for every difference. `winning` is the stored
 * ballot at the stored winner's ordinal.
 */
export function checkLotteryEvents({ state, events }: StoredLottery, winning: Ballot | undefined): string[] {
  const findings: string[] = []
  const expected = expectedEvents(state, events[0]?.id ?? '', winning)
  for (const [n, event] of expected.entries()) findings.push(...eventFindings(event, n + 1, events))
  for (const { seq, type } of events.filter((event) => expected.every(({ name }) => event.type !== typeOf(name))))
    findings.push(`event ${seq}, ${type}, is stored, although the row does not say so`)
  const lastSeq = events.at(-1)?.seq ?? 0
  if (lastSeq !== state.lastSeq) findings.push(`the last event is ${lastSeq}, the row says ${state.lastSeq}`)
  return [...findings, ...orderFindings(state, events)]
}

function expectedEvents(state: LotteryState, createdEventId: string, winning: Ballot | undefined): ExpectedEvent[] {
  const { date, entropy, createdAt, seal, draw } = state
  const expected: ExpectedEvent[] = [{ name: 'created', at: createdAt, data: createdData(date, entropy) }]
  if (!seal) return expected
  const facts = sealFactsOf(state, seal)
  expected.push({ name: 'sealed', at: seal.at, data: sealedData(facts, seal.hash, createdEventId) })
  if (!draw) return expected
  const winner = winning && draw.winner && { ...winning, ordinal: draw.winner.ordinal, id: draw.winner.ballotId }
  expected.push({ name: 'closed', at: draw.at, data: closedData(date, seal.hash, draw.reveal, winner ?? undefined) })
  return expected
}

function eventFindings({ name, at, data }: ExpectedEvent, seq: number, events: readonly LoggedEvent[]): string[] {
  const [event, ...more] = events.filter(({ type }) => type === typeOf(name))
  if (!event) return [`the ${name} event is not stored`]
  const findings = more.map((other) => `a second ${name} event is stored, event ${other.seq}`)
  if (event.seq !== seq) findings.push(`the ${name} event is event ${event.seq}, not ${seq}`)
  if (event.occurredAt !== at)
    findings.push(`the ${name} event occurred at ${isoOf(event.occurredAt)}, the row says ${isoOf(at)}`)
  for (const field of new Set([...Object.keys(data), ...Object.keys(event.data)])) {
    if (!sameJson(event.data[field], data[field]))
      findings.push(
        `${field} of the ${name} event is ${textOf(event.data[field])}, the rows say ${textOf(data[field])}`,
      )
  }
  return findings
}

/** A lottery is drawn after its sealed event is in the audit log. Its events stand there in their order. */
function orderFindings({ draw }: LotteryState, events: readonly LoggedEvent[]): string[] {
  const indexOf = (name: ExpectedEvent['name']) => events.find(({ type }) => type === typeOf(name))?.auditIndex ?? null
  const [created, sealed, closed] = [indexOf('created'), indexOf('sealed'), indexOf('closed')]
  const findings: string[] = []
  if (draw && sealed === null) findings.push('the lottery is closed, but its sealed event is not in the audit log')
  if (sealed !== null && (created === null || created > sealed))
    findings.push('the sealed event stands before the created event in the audit log')
  if (closed !== null && (sealed === null || sealed > closed))
    findings.push('the closed event stands before the sealed event in the audit log')
  return findings
}

function typeOf(name: ExpectedEvent['name']): string {
  return `lottery.${name}.v1`
}

function isoOf(instant: Instant): string {
  return new Date(instant).toISOString()
}

function textOf(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value)
}
