import type {
  BallotFileName,
  BallotFileRow,
  BallotFileWriter,
  BallotPages,
} from '../../src/archive/application/ballot-files.ts'
import type { ArchivedBallot } from '../../src/archive/domain/archived-ballot.ts'
import { Month } from '../../src/archive/domain/month.ts'
import { sha256 } from '../../src/ledger/domain/sha256.ts'
import { uuidOf } from '../../src/shared/infrastructure/uuid.ts'
import type { MemoryObjectStore } from './memory-object-store.ts'

export const MONTH = Month.parse('2026-01')

const hashOf = (text: string) => Uint8Array.from(sha256(Buffer.from(text)))

/** The id of one of the users whose ballots are archived. */
export const userOf = (number: number) => uuidOf(hashOf(`user ${number}`))

/** Ballots of a date, by ordinal. A user of `null` was forgotten. */
export function ballotsOf(date: string, users: readonly (number | null)[]): ArchivedBallot[] {
  return users.map((user, index) => {
    const hash = hashOf(`${date} ${index}`)
    return {
      lotteryDate: date,
      ordinal: index + 1,
      id: uuidOf(hash),
      userId: user === null ? null : userOf(user),
      salt: user === null ? null : hash.slice(16),
      userCommit: user === null ? hash : null,
      submittedAt: Date.parse(date) + index * 1_000 + (hash[0] ?? 0),
    }
  })
}

/** Many ballots of a date, of named and forgotten users. */
export function manyBallots(date: string, count: number): ArchivedBallot[] {
  return ballotsOf(
    date,
    Array.from({ length: count }, (_, index) => (index % 50 === 7 ? null : index % 1_000)),
  )
}

export async function* pagesOf<Row>(rows: readonly Row[], size = 1_000): AsyncGenerator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size)
}

export async function rowsOf<Name extends BallotFileName>(pages: BallotPages<Name>): Promise<BallotFileRow<Name>[]> {
  const rows: BallotFileRow<Name>[] = []
  for await (const page of pages) rows.push(...page)
  return rows
}

/** The rows of each file of a month, in its order, sorted in the plainest way. */
export function filesOf(ballots: readonly ArchivedBallot[]): { [Name in BallotFileName]: BallotFileRow<Name>[] } {
  const text = (ballot: ArchivedBallot) => `${ballot.lotteryDate} ${String(ballot.ordinal).padStart(9, '0')}`
  const by = (key: (ballot: ArchivedBallot) => string) => ballots.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  return {
    ballots: by(text),
    ballots_by_id: by(({ lotteryDate, id }) => `${lotteryDate} ${id}`).map(({ lotteryDate, id, ordinal }) => {
      return { lotteryDate, id, ordinal }
    }),
    ballots_by_user: by((ballot) => `${ballot.userId} ${text(ballot)}`)
      .filter(({ userId }) => userId !== null)
      .map(({ userId, lotteryDate, ordinal }) => ({ userId, lotteryDate, ordinal })),
  }
}

export function keyOf(name: BallotFileName): string {
  return `${name}/lottery_year=2026/lottery_month=01/${name}.parquet`
}

/** Puts the three files of January 2026 into a store, in place of those that are there. */
export async function storeBallots(
  store: MemoryObjectStore,
  writer: BallotFileWriter,
  ballots: readonly ArchivedBallot[],
): Promise<void> {
  const files = filesOf(ballots)
  const put = <Name extends BallotFileName>(name: Name, rows: readonly BallotFileRow<Name>[]) =>
    writer.write(name, pagesOf(rows), (content) =>
      store.replace({ key: keyOf(name), content, contentType: 'application/vnd.apache.parquet', isPublic: false }),
    )
  await put('ballots', files.ballots)
  await put('ballots_by_id', files.ballots_by_id)
  await put('ballots_by_user', files.ballots_by_user)
}
