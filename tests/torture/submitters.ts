import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Attempt } from './history.ts'
import type { Pulse } from './pulse.ts'

const CLIENTS = 12
/** Tries of one ballot that is not answered for sure. */
const TRIES = 6
const GIVE_UP_MS = 8_000

interface Target {
  readonly date: string
  readonly users: readonly string[]
  /** Base URLs of the replicas. A client keeps to one of them, and tries the others when it gives no sure answer. */
  readonly urls: readonly string[]
  readonly pulse: Pulse
  /** Milliseconds between two ballots of a client. */
  readonly thinkMs: number
  /** Milliseconds before a ballot without a sure answer is sent again. */
  readonly pauseMs: number
  /** Called with each answer, in words. */
  readonly onAnswer: (answer: string) => void
}

/** Submits ballots until the signal, and returns what was sent and answered. A ballot without a sure answer is sent again. */
export async function submitUntil(signal: AbortSignal, target: Target): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  const client = async (_: unknown, number: number) => {
    while (!signal.aborted) attempts.push(await submitOne(signal, target, number))
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return attempts
}

async function submitOne(signal: AbortSignal, target: Target, client: number): Promise<Attempt> {
  const { date, users, urls, pulse, thinkMs, pauseMs, onAnswer } = target
  const userId = users[client % users.length] ?? ''
  const key = randomUUID()
  const acknowledged: { at: number; id: string; ordinal: number }[] = []
  let isUnknown = false
  const firstSentAt = performance.now()
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await send(urls[(client + tries) % urls.length] ?? '', { user_id: userId, date }, key)
    onAnswer(answer.words)
    if (answer.kind === 'unknown') isUnknown = true
    if (answer.kind === 'acknowledged') {
      acknowledged.push(answer)
      pulse.beat()
      await setTimeout(thinkMs)
    } else await setTimeout(pauseMs)
    if (answer.kind === 'acknowledged' || answer.kind === 'refused' || signal.aborted) break
  }
  return { userId, firstSentAt, acknowledged, isUnknown }
}

type Answer = { readonly words: string } & (
  | { readonly kind: 'acknowledged'; readonly at: number; readonly id: string; readonly ordinal: number }
  | { readonly kind: 'refused' | 'overloaded' | 'unknown' }
)

async function send(url: string, body: object, key: string): Promise<Answer> {
  try {
    const response = await fetch(`${url}/lotteries/submit`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(GIVE_UP_MS),
    })
    const { id, ordinal, code } = (await response.json()) as { id: string; ordinal: number; code?: string }
    const words = [response.status, code].join(' ').trimEnd()
    if (response.status === 201) return { kind: 'acknowledged', words, at: performance.now(), id, ordinal }
    if (code === 'overloaded') return { kind: 'overloaded', words }
    return { kind: response.status < 500 ? 'refused' : 'unknown', words }
  } catch {
    return { kind: 'unknown', words: 'no answer' } // a connection that was refused or cut, or an answer that did not come
  }
}
