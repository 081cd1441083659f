import type { ArchiveStatus } from '../domain/archive.ts'
import { Month } from '../domain/month.ts'
import type { ArchiveMonth } from './archive-month.ts'
import type { ArchiveSession, ArchiveSessions } from './archives.ts'
import type { MonthSource } from './month-source.ts'
import type { OnProgress } from './progress.ts'

/** How far a month came, or what stopped it. */
export interface MonthReport {
  readonly month: Month
  readonly outcome: ArchiveStatus | Error
}

/** What is to be done with a month. */
export interface MonthPlan {
  readonly month: Month
  /** Undefined: nothing was done yet. */
  readonly status: ArchiveStatus | undefined
  readonly lotteries: number
  readonly ballots: number
  /** Why the month cannot be archived yet, in sentences. */
  readonly obstacles: readonly string[]
}

/** Archives one month, or every month that is due, oldest first. A month that fails does not stop the others. */
export class ArchiveDueMonths {
  readonly #sessions: ArchiveSessions
  readonly #source: MonthSource
  readonly #archiveMonth: ArchiveMonth
  readonly #afterMonths: number | undefined

  /** `afterMonths` is the age in months, from its end on, at which a month is due. Undefined: never. */
  constructor(
    sessions: ArchiveSessions,
    source: MonthSource,
    archiveMonth: ArchiveMonth,
    afterMonths: number | undefined,
  ) {
    this.#sessions = sessions
    this.#source = source
    this.#archiveMonth = archiveMonth
    this.#afterMonths = afterMonths
  }

  /**
   * Archives the month `only`; without it, the months that are due, except restored ones.
   *
   * Returns whether the work was done; false while another archiver works. @throws RangeError when `only` is no month
   */
  async execute(
    only: string | undefined,
    onReport: (report: MonthReport) => void,
    onProgress: OnProgress = () => {},
  ): Promise<boolean> {
    const done = await this.#sessions.run(async (session) => {
      for (const month of only === undefined ? await this.#due(session) : [Month.parse(only)]) {
        const outcome = await this.#archiveMonth.execute(month, session, onProgress).then(
          ({ status }) => status,
          (error: unknown) => error as Error,
        )
        onReport({ month, outcome })
      }
      return true
    })
    return done ?? false
  }

  /** Says what {@link execute} would do. Changes nothing. */
  async plan(only: string | undefined): Promise<readonly MonthPlan[] | undefined> {
    return this.#sessions.run(async (session) => {
      const plans: MonthPlan[] = []
      for (const month of only === undefined ? await this.#due(session) : [Month.parse(only)]) {
        const lotteries = await this.#source.lotteries(month)
        plans.push({
          month,
          status: (await session.find(month))?.status,
          lotteries: lotteries.length,
          ballots: lotteries.reduce((sum, { ballotCount }) => sum + ballotCount, 0),
          obstacles: await this.#archiveMonth.obstacles(month, session),
        })
      }
      return plans
    })
  }

  async #due(session: ArchiveSession): Promise<Month[]> {
    if (this.#afterMonths === undefined) return []
    const thisMonth = Month.ofDate(new Date(await session.now()).toISOString())
    const months = await this.#source.months(Month.addMonths(thisMonth, -this.#afterMonths))
    const statuses = new Map((await session.list()).map(({ state }) => [state.month, state.status]))
    return months.filter((month) => !/^(dropped|restored)$/.test(statuses.get(month) ?? ''))
  }
}
