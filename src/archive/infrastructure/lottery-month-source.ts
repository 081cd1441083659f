import type { BallotPlace } from '../application/ballot-files.ts'
import type { ClosedLottery, MonthSource } from '../application/month-source.ts'
import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import { Month } from '../domain/month.ts'

interface Days {
  readonly first: string
  readonly last: string
}

interface LotteryBallot {
  readonly id: string
  readonly userId: string | null
  readonly lotteryDate: string
  readonly ordinal: number
  readonly submittedAt: number
  readonly salt?: Uint8Array
  readonly userCommit?: Uint8Array
}

/** What the lottery's context offers. */
interface Lotteries {
  readonly exportLotteries: {
    datesBefore(date: string): Promise<readonly string[]>
    obstacles(days: Days): Promise<string[]>
    lotteries(days: Days): Promise<readonly ClosedLottery[]>
    ballots(days: Days): AsyncIterable<readonly LotteryBallot[]>
    ballotsById(days: Days): AsyncIterable<readonly LotteryBallot[]>
    ballotsByUser(days: Days): AsyncIterable<readonly LotteryBallot[]>
    entriesOf(date: string): AsyncIterable<readonly Uint8Array[]>
    entryOf(ballot: LotteryBallot): Uint8Array
  }
  readonly keepEvidence: {
    execute(date: string): Promise<void>
    keptAt(places: readonly BallotPlace[]): Promise<readonly BallotPlace[]>
  }
  /** The evidence of a closed lottery, in pieces. @throws Error while it is not final */
  evidenceText(date: string): AsyncIterable<string>
}

/** Recomputes a stored lottery. The first report is that of the lottery. */
interface Check {
  execute(
    date: string,
    onProgress: (at: { readonly ballots: number }) => void,
  ): AsyncIterable<{ readonly findings: readonly string[] }>
}

/** What the audit log's context offers. */
interface AuditLog {
  readonly readAuditLog: {
    entries(from: number, to: number | undefined): Promise<AsyncIterable<readonly string[]>>
  }
  sequenceNow(): Promise<void>
}

/** Hands the lotteries of a month to the archive. */
export class LotteryMonthSource implements MonthSource {
  readonly #lotteries: Lotteries
  readonly #check: Check
  readonly #auditLog: AuditLog

  constructor(lotteries: Lotteries, check: Check, auditLog: AuditLog) {
    this.#lotteries = lotteries
    this.#check = check
    this.#auditLog = auditLog
  }

  async months(before: Month): Promise<readonly Month[]> {
    const dates = await this.#lotteries.exportLotteries.datesBefore(Month.firstDay(before))
    return [...new Set(dates.map(Month.ofDate))]
  }

  async obstacles(month: Month): Promise<readonly string[]> {
    const { exportLotteries } = this.#lotteries
    const obstacles = await exportLotteries.obstacles(daysOf(month))
    if (obstacles.length > 0) return obstacles
    return (await exportLotteries.lotteries(daysOf(month))).length > 0 ? [] : ['it has no lotteries']
  }

  async lotteries(month: Month): Promise<readonly ClosedLottery[]> {
    return this.#lotteries.exportLotteries.lotteries(daysOf(month))
  }

  async check(date: string, onProgress: (ballots: number) => void): Promise<readonly string[]> {
    for await (const { findings } of this.#check.execute(date, ({ ballots }) => onProgress(ballots))) return findings
    return []
  }

  async *ballots(month: Month): AsyncGenerator<ArchivedBallot[]> {
    for await (const page of this.#lotteries.exportLotteries.ballots(daysOf(month))) yield page.map(toArchived)
  }

  async *ballotsById(month: Month): AsyncGenerator<ArchivedBallot[]> {
    for await (const page of this.#lotteries.exportLotteries.ballotsById(daysOf(month))) yield page.map(toArchived)
  }

  async *ballotsByUser(month: Month): AsyncGenerator<ArchivedBallot[]> {
    for await (const page of this.#lotteries.exportLotteries.ballotsByUser(daysOf(month))) yield page.map(toArchived)
  }

  entries(date: string): AsyncIterable<readonly Uint8Array[]> {
    return this.#lotteries.exportLotteries.entriesOf(date)
  }

  entryOf({ salt, userCommit, ...ballot }: ArchivedBallot): Uint8Array {
    const owner = { ...(salt && { salt }), ...(userCommit && { userCommit }) }
    return this.#lotteries.exportLotteries.entryOf({ ...ballot, ...owner })
  }

  async keptAt(places: readonly BallotPlace[]): Promise<readonly BallotPlace[]> {
    return places.length === 0 ? [] : this.#lotteries.keepEvidence.keptAt(places)
  }

  evidence(date: string): AsyncIterable<string> {
    return this.#lotteries.evidenceText(date)
  }

  /** Walks through the whole log: events are in the order of their recording, which is not quite that of their times. */
  async *events(month: Month): AsyncGenerator<string[]> {
    await this.#auditLog.sequenceNow() // so that a repetition finds no more
    const pages = await this.#auditLog.readAuditLog.entries(0, undefined)
    for await (const texts of pages) yield texts.filter((text) => isOfMonth(text, month))
  }

  async keepEvidence(date: string): Promise<void> {
    await this.#lotteries.keepEvidence.execute(date)
  }
}

function daysOf(month: Month): Days {
  return { first: Month.firstDay(month), last: Month.lastDay(month) }
}

function isOfMonth(text: string, month: Month): boolean {
  const { occurred_at: occurredAt } = JSON.parse(text) as { readonly occurred_at: string }
  return occurredAt.startsWith(month)
}

function toArchived(ballot: LotteryBallot): ArchivedBallot {
  const { id, userId, lotteryDate, ordinal, submittedAt, salt = null, userCommit = null } = ballot
  return { lotteryDate, ordinal, id, userId, salt, userCommit, submittedAt }
}
