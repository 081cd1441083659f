import type { Exclusion } from '../domain/seal.ts'
import type { BanHistory, LotteryCheckQueries, StoredLottery } from './lottery-check-queries.ts'

const PAGE = 2_000

/** Compares a sealed lottery's exclusions with the bans in force at its seal. */
export class CheckExclusions {
  readonly #queries: LotteryCheckQueries
  readonly #history: BanHistory

  constructor(queries: LotteryCheckQueries, history: BanHistory) {
    this.#queries = queries
    this.#history = history
  }

  /** Returns the stored exclusions by ascending ordinal. */
  async stored({ state: { date } }: StoredLottery): Promise<readonly Exclusion[]> {
    const exclusions: Exclusion[] = []
    for (;;) {
      const after = exclusions.at(-1)?.ordinal ?? Number.MIN_SAFE_INTEGER
      const page = await this.#queries.exclusions({ date, after, limit: PAGE })
      for (const exclusion of page) exclusions.push(exclusion)
      if (page.length < PAGE) return exclusions
    }
  }

  /** Returns a sentence for every difference. The bans of a seal are known once its event is in the audit log. */
  async execute({ state, events }: StoredLottery, exclusions: readonly Exclusion[]): Promise<string[]> {
    const { date, seal } = state
    if (!seal) return exclusions.length > 0 ? ['exclusions are stored, although the lottery is not sealed'] : []
    const before = events.find(({ type }) => type === 'lottery.sealed.v1')?.auditIndex ?? null
    if (before === null) return []

    const findings: string[] = []
    const unexplained = new Map(exclusions.map(({ ordinal, eventId }) => [ordinal, eventId]))
    for (let after: number | undefined = -1; after !== undefined; ) {
      const bans = await this.#history.inForce({ before, at: seal.at, after, limit: PAGE })
      for (const { ordinal, eventId } of await this.#queries.ofBanned(date, bans)) {
        const stored = unexplained.get(ordinal)
        unexplained.delete(ordinal)
        if (stored === undefined)
          findings.push(`ballot ${ordinal} is not excluded, although event ${eventId} had banned its user at the seal`)
        else if (stored !== eventId)
          findings.push(`ballot ${ordinal} is excluded by event ${stored}, but event ${eventId} had banned its user`)
      }
      after = bans.length < PAGE ? undefined : bans.at(-1)?.auditIndex
    }
    for (const ordinal of unexplained.keys())
      findings.push(`ballot ${ordinal} is excluded, although its user was not banned at the seal`)
    return findings
  }
}
