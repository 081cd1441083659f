/** Facts that the monitor keeps between two visits. They grow with the lotteries and the banned users, not with the events. */
import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { Refusal } from '../verify/json.ts'
import { Tree } from '../verify/merkle.ts'
import { openCheckpoint, parseLogKey } from '../verify/note.ts'
import { bytesOf, hexOf } from '../verify/primitives.ts'

const VERSION = 'lottery-monitor-v1'
const NO_SEAL = '0'.repeat(64)

/** Stages of a lottery, in their order. Each is one event. */
export const STAGES = ['created', 'sealed', 'closed'] as const
export type Stage = (typeof STAGES)[number]

export interface LotteryFacts {
  /** Lines of the log. */
  readonly events: Partial<Record<Stage, string>>
  /** Milliseconds since 1970-01-01 at which the monitor had read each event. */
  readonly seenAt: Partial<Record<Stage, number>>
  /** Number of users who were banned where the sealed event stands in the log. */
  bannedUsers?: number
  /** Result of the verifier, once the lottery is closed and its evidence was read. */
  result?: string
  /** Milliseconds since 1970-01-01 until which the evidence is read again, since its cosignatures are missing. */
  retryUntil?: number
  /** Result of the monitor's own draw, when the operator did not close the lottery. */
  drawn?: string
}

/** Facts about a user who was banned at least once. */
export interface UserFacts {
  readonly seq: number
  readonly isBanned: boolean
}

export interface State {
  /** C2SP vkey of the log. */
  readonly key: string
  /** Last checkpoint, and the compact range of its tree. Undefined before the first visit. */
  note: string | undefined
  tree: Tree
  lastSealHash: string
  readonly lotteries: Map<string, LotteryFacts>
  readonly users: Map<string, UserFacts>
}

export function newState(key: string): State {
  return { key, note: undefined, tree: new Tree(), lastSealHash: NO_SEAL, lotteries: new Map(), users: new Map() }
}

export function copyOf(state: State): State {
  return {
    ...state,
    tree: new Tree(state.tree.size, state.tree.range),
    lotteries: structuredClone(state.lotteries),
    users: new Map(state.users),
  }
}

/**
 * Reads a state file. Undefined when there is none.
 *
 * @throws Refusal for a file that is no state, or whose parts do not fit each other
 */
export async function loadState(path: string): Promise<State | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const { version, key, note, range, lastSealHash, lotteries, users } = JSON.parse(text)
    const checkpoint = openCheckpoint(note, parseLogKey(key, 'the key'))
    const tree = new Tree(checkpoint?.size, range.map(bytesOf))
    if (version === VERSION && checkpoint?.root === tree.root())
      return { key, note, tree, lastSealHash, lotteries: new Map(lotteries), users: new Map(users) }
  } catch (error) {
    throw new Refusal(`${path} is no state of the monitor`, { cause: error })
  }
  throw new Refusal(`${path} is no state of the monitor, or it is damaged`)
}

/** Replaces the state file. A crash leaves the old file or the new one. */
export async function saveState(path: string, state: State): Promise<void> {
  const { key, note, tree, lastSealHash, lotteries, users } = state
  const range = tree.range.map(hexOf)
  const facts = { version: VERSION, key, note, range, lastSealHash, lotteries: [...lotteries], users: [...users] }
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(facts), { flush: true })
  await rename(draft, path)
}
