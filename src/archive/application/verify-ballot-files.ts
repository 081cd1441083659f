import { CompactRange, leafHash } from '../../ledger/domain/merkle-tree.ts'
import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import type { Month } from '../domain/month.ts'
import { RowSet } from '../domain/row-set.ts'
import type { BallotFileReader } from './ballot-files.ts'
import type { ClosedLottery, MonthSource } from './month-source.ts'
import type { OnProgress } from './progress.ts'

/** Checks the private files of a month: their ballots lead to the sealed roots, and the two indexes agree with them. */
export class VerifyBallotFiles {
  readonly #source: MonthSource
  readonly #reader: BallotFileReader

  constructor(source: MonthSource, reader: BallotFileReader) {
    this.#source = source
    this.#reader = reader
  }

  /** Returns a sentence for every difference. */
  async execute(month: Month, lotteries: readonly ClosedLottery[], onProgress: OnProgress): Promise<string[]> {
    const ids = new RowSet()
    const users = new RowSet()
    const findings = await this.#ballotFindings(month, lotteries, { ids, users }, onProgress)
    if (!ids.equals(await this.#idsOfIndex(month, findings)))
      findings.push('ballots_by_id does not hold the same ballots')
    if (!users.equals(await this.#usersOfIndex(month))) findings.push('ballots_by_user does not hold the same ballots')
    return findings
  }

  async #ballotFindings(
    month: Month,
    lotteries: readonly ClosedLottery[],
    { ids, users }: { ids: RowSet; users: RowSet },
    onProgress: OnProgress,
  ): Promise<string[]> {
    const of = lotteries.reduce((sum, { ballotCount }) => sum + ballotCount, 0)
    const trees = new Map(lotteries.map(({ date }) => [date, new CompactRange()]))
    const findings = new Map<string, string>()
    const find = (date: string, finding: string) => findings.set(date, findings.get(date) ?? `${date}: ${finding}`)
    for await (const page of this.#reader.pages(month, 'ballots')) {
      for (const ballot of page) {
        const { lotteryDate: date, ordinal, id, userId } = ballot
        const tree = trees.get(date)
        if (ordinal !== (tree?.size ?? 0) + 1) find(date, `ballot ${ordinal} of the store is out of place`)
        tree?.append(leafHash(this.#source.entryOf(ballot)))
        ids.add(`${date} ${id} ${ordinal}`)
        if (userId !== null) users.add(`${userId} ${date} ${ordinal}`)
      }
      onProgress(`verification of the ballots of ${month}`, ids.count, of)
    }
    for (const { date, ballotCount, root } of lotteries) {
      const tree = trees.get(date) ?? new CompactRange()
      if (tree.size !== ballotCount) find(date, `${tree.size} ballots are in the store, ${ballotCount} are sealed`)
      else if (!sameBytes(tree.root, root)) find(date, 'the ballots of the store do not lead to the sealed root')
    }
    return [...findings.values()]
  }

  /** The ids of a lottery ascend strictly, so that none stands twice. */
  async #idsOfIndex(month: Month, findings: string[]): Promise<RowSet> {
    const set = new RowSet()
    let last = ''
    for await (const page of this.#reader.pages(month, 'ballots_by_id')) {
      for (const { lotteryDate: date, id, ordinal } of page) {
        const key = `${date} ${id}`
        if (key <= last) findings.push(`${date}: the ballot ${id} is out of place in ballots_by_id, or stands twice`)
        last = key
        set.add(`${date} ${id} ${ordinal}`)
      }
    }
    return set
  }

  async #usersOfIndex(month: Month): Promise<RowSet> {
    const set = new RowSet()
    for await (const page of this.#reader.pages(month, 'ballots_by_user'))
      for (const { userId, lotteryDate, ordinal } of page) set.add(`${userId} ${lotteryDate} ${ordinal}`)
    return set
  }
}
