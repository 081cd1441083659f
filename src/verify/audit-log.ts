/** Replay of the audit log, event by event: section 2 of lottery-draw-v2. It can go on whenever new events arrive. */
import { banned, event, type LogEvent, type SealedData, sealed } from './document.ts'
import { sealHash } from './draw.ts'
import { canonical, type Json, type JsonObject, parseJson, Refusal } from './json.ts'
import { leaf, WatchedTree } from './merkle.ts'
import { ascii, hexOf } from './primitives.ts'

/** Leaf hash of an event: RFC 6962 over its canonical JSON (RFC 8785). */
export function leafOfEvent(logEvent: Json): Uint8Array {
  return leaf(ascii(canonical(logEvent)))
}

/** Where an event stands in the log, and its leaf hash in hex. */
export interface LoggedEvent {
  readonly index: number
  readonly leafHash: string
}

/** The events of one lottery in the log. A sound log holds one of each at most. */
export interface LotteryEvents {
  readonly created: LoggedEvent[]
  readonly sealed: LoggedEvent[]
  readonly closed: LoggedEvent[]
}

/** A ban, or the end of one. */
export interface BanEvent {
  readonly index: number
  readonly id: string
  readonly isBan: boolean
  /** Milliseconds since 1970-01-01. */
  readonly occurredAt: number
}

export interface ReplayOptions {
  /** Sizes whose roots are kept. */
  readonly sizes?: Iterable<number>
  /** Users whose bans are kept. Without it the bans of all users are. */
  readonly users?: ReadonlySet<string>
}

const LOTTERY_EVENTS: Readonly<Record<string, keyof LotteryEvents>> = {
  'lottery.created.v1': 'created',
  'lottery.sealed.v1': 'sealed',
  'lottery.closed.v1': 'closed',
}
const BANS: Readonly<Record<string, boolean>> = { 'user.banned.v1': true, 'user.unbanned.v1': false }
const NO_SEAL = '0'.repeat(64)
const MAX_FAULTS = 10

/** Takes the lines of a log in order, and keeps what draws depend on: roots, lotteries, bans and the chain of seals. */
export class AuditLogReplay {
  /** Broken rules, in sentences. At most 10 are kept. */
  readonly faults: string[] = []
  /** Lotteries by date. */
  readonly lotteries = new Map<string, LotteryEvents>()
  readonly #tree: WatchedTree
  readonly #users: ReadonlySet<string> | undefined
  readonly #bans = new Map<string, BanEvent[]>()
  #lastSealHash = NO_SEAL

  constructor({ sizes = [], users }: ReplayOptions = {}) {
    this.#tree = new WatchedTree(sizes)
    this.#users = users
  }

  get size(): number {
    return this.#tree.size
  }

  /** Root in hex at a size named at the start. Undefined when the log has not reached it. */
  root(size: number): string | undefined {
    return this.#tree.root(size)
  }

  /**
   * Adds the next line.
   *
   * @throws Refusal when the line is not the canonical JSON of an event
   */
  add(line: string): void {
    const what = `line ${this.size + 1} of the audit log`
    const value = parseJson(line, what)
    if (canonical(value) !== line) throw new Refusal(`${what} is not canonical JSON`)
    const logEvent = event(value, what)
    const index = this.size
    const leafHash = leaf(ascii(line))
    this.#tree.add(leafHash)

    const name = Object.hasOwn(LOTTERY_EVENTS, logEvent.type) ? LOTTERY_EVENTS[logEvent.type] : undefined
    if (name) this.#addLotteryEvent(name, logEvent, { index, leafHash: hexOf(leafHash) })
    else if (Object.hasOwn(BANS, logEvent.type)) this.#addBan(logEvent, index)
  }

  /**
   * The ban event that excludes a user from a lottery: the user's latest ban or unban that stands before the sealed event
   * at `index` and occurred no later than `sealedAt`, when it is a ban.
   */
  banAt(user: string, index: number, sealedAt: number): BanEvent | undefined {
    const latest = this.bansOf(user).findLast((ban) => ban.index < index && ban.occurredAt <= sealedAt)
    return latest?.isBan ? latest : undefined
  }

  /** Bans and unbans of a user, in log order. */
  bansOf(user: string): readonly BanEvent[] {
    return this.#bans.get(user) ?? []
  }

  #addLotteryEvent(name: keyof LotteryEvents, { aggregate, data, type }: LogEvent, logged: LoggedEvent): void {
    const dates = new Set([data['date'], /^lottery\/(.*)$/s.exec(aggregate)?.[1]])
    if (dates.size > 1) this.#fault(`Event ${logged.index}, a ${type}, names two dates.`)
    for (const date of dates) {
      if (typeof date !== 'string') continue
      const events = this.lotteries.get(date) ?? { created: [], sealed: [], closed: [] }
      events[name].push(logged)
      this.lotteries.set(date, events)
    }
    if (name === 'sealed') this.#addSeal(data, logged.index)
  }

  #addSeal(data: JsonObject, index: number): void {
    const seal = this.#read<SealedData>(() => sealed(data, `event ${index}`))
    if (!seal) return
    if (seal.seal_hash !== sealHash(seal)) this.#fault(`Event ${index} states a seal hash that its fields do not give.`)
    if (seal.previous_seal_hash !== this.#lastSealHash) {
      this.#fault(`Event ${index}, the seal of ${seal.date}, does not follow the seal before it in the log.`)
    }
    this.#lastSealHash = seal.seal_hash
  }

  #addBan({ id, type, aggregate, occurred_at, data }: LogEvent, index: number): void {
    const user = this.#read(() => banned(data, `event ${index}`))?.user_id
    if (user === undefined) return
    if (aggregate !== `user/${user}`) this.#fault(`Event ${index}, a ${type}, names two users.`)
    if (this.#users && !this.#users.has(user)) return
    const ban = { index, id, isBan: BANS[type] === true, occurredAt: Date.parse(occurred_at) }
    const bans = this.#bans.get(user)
    if (bans) bans.push(ban)
    else this.#bans.set(user, [ban])
  }

  #read<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#fault(`${error.message}.`)
      return undefined
    }
  }

  #fault(sentence: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(sentence)
  }
}
