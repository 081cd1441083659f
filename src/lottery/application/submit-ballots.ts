import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { Clock } from '../../shared/application/clock.ts'
import { ConnectionLost, OutcomeUnknown, type UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { DomainError } from '../../shared/domain/domain-error.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { BallotId, BallotIds } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { type EnteredBallot, entered } from '../domain/ledger-entry.ts'
import { Lottery } from '../domain/lottery.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'
import type { Participants, Standing } from '../domain/participants.ts'
import type { Entropies } from './entropies.ts'
import { type Attempt, type Entry, isFinal, issue, missingLotteries, unlessRefused } from './pending-submit.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'

export interface SubmitBallotCommand {
  readonly userId: UserId
  /** Undefined means today, by the database's clock. */
  readonly date: CalendarDate | undefined
  /** Only together with a date. */
  readonly idempotencyKey: string | undefined
  readonly cause: Cause
}

export type SubmitOutcome =
  | {
      readonly kind: 'accepted'
      readonly ballot: EnteredBallot
      readonly replayed: boolean
      readonly checkpoint: string
    }
  | { readonly kind: 'refused'; readonly error: DomainError }

type Standings = ReadonlyMap<UserId, Standing>

/** Whose ids are looked up before they are issued. */
type LookUp = 'keyed' | 'all'

/**
 * Takes a list of ballots in, in one unit of work; the n-th outcome answers the n-th command. A refused ballot fails
 * alone. A list leaves the same rows as single submits in its order. When `execute` resolves, every accepted ballot is
 * durable; when it rejects none is stored, or with {@link OutcomeUnknown} all of them are or none.
 *
 * The checkpoint of an accepted ballot is signed after the commit, once for each lottery of the list: it promises the
 * ledger as it stood then, with the ballot in it.
 *
 * Missing lotteries are opened in units of work of their own and the list is tried again from its start, with nothing
 * stored yet, so that no row is inserted while another lottery's lock is held: locks are always taken in date order, and
 * submits cannot deadlock.
 *
 * After a connection that broke, or a commit without an answer, the list is tried once more on another connection. The
 * ballots have the same ids then, and all of them are looked up first. Under the lock of their lottery that is final: a
 * commit that is still going on holds it.
 */
export class SubmitBallots {
  readonly #participants: Participants
  readonly #unitOfWork: UnitOfWork<LotteryRepos>
  readonly #ids: BallotIds
  readonly #entropies: Entropies
  readonly #signer: CheckpointSigner
  readonly #clock: Clock

  constructor(
    participants: Participants,
    unitOfWork: UnitOfWork<LotteryRepos>,
    ids: BallotIds,
    entropies: Entropies,
    signer: CheckpointSigner,
    clock: Clock,
  ) {
    this.#participants = participants
    this.#unitOfWork = unitOfWork
    this.#ids = ids
    this.#entropies = entropies
    this.#signer = signer
    this.#clock = clock
  }

  async execute(commands: readonly SubmitBallotCommand[]): Promise<SubmitOutcome[]> {
    if (commands.length === 0) return []
    const entries = this.#entriesOf(commands)
    try {
      return await this.#take(entries, 'keyed')
    } catch (first) {
      if (!(first instanceof OutcomeUnknown || first instanceof ConnectionLost)) throw first
      return await this.#take(entries, 'all').catch((second: unknown) => {
        throw first instanceof OutcomeUnknown ? first : second
      })
    }
  }

  #entriesOf(commands: readonly SubmitBallotCommand[]): Entry[] {
    const today = CalendarDate.of(this.#clock.now())
    return commands.map((command) => {
      const { userId, date = today, idempotencyKey: key } = command
      return { command, date, id: key === undefined ? this.#ids.mint() : this.#ids.derive(userId, date, key) }
    })
  }

  /** The entries keep the dates that the database's clock gave them, for another try too. */
  async #take(entries: readonly Entry[], lookUp: LookUp): Promise<SubmitOutcome[]> {
    // Asked while the unit of work begins and waits for its lock; it is the first to get a connection.
    const standings = this.#participants.standings(distinct(entries.map(({ command }) => command.userId)))
    standings.catch(() => {}) // whoever awaits it tells
    for (;;) {
      const { attempts, heads } = await this.#unitOfWork.run((repos) =>
        this.#issueAll(entries, standings, lookUp, repos),
      )
      if (attempts.every(isFinal)) {
        const notes = new Map(
          heads.map(({ date, size, root }) => [date, signedCheckpoint(this.#signer, date, size, root)]),
        )
        return attempts.map((attempt) =>
          attempt.kind === 'refused'
            ? attempt
            : { ...attempt, checkpoint: notes.get(attempt.ballot.lotteryDate) as string },
        )
      }
      attempts.forEach((attempt, n) => {
        if (attempt.kind === 'other day') (entries[n] as Entry).date = attempt.date
      })
      for (const [date, cause] of missingLotteries(attempts, entries)) await this.#open(date, cause)
    }
  }

  async #issueAll(
    entries: readonly Entry[],
    asked: Promise<Standings>,
    lookUp: LookUp,
    repos: LotteryRepos,
  ): Promise<{ attempts: Attempt[]; heads: ({ date: CalendarDate } & Lottery['head'])[] }> {
    const locked = await repos.lotteries.lock(distinct(entries.map(({ date }) => date)))
    const [standings, standing] = await Promise.all([asked, existingBallots(entries, lookUp, repos)])
    const today = CalendarDate.of(locked.at)
    const issued: EnteredBallot[] = []

    const attempts = entries.map((entry): Attempt => {
      const { id, command } = entry
      const ballot = standing.get(id)
      if (ballot) return { kind: 'accepted', ballot, replayed: command.idempotencyKey !== undefined }
      const attempt = issue(entry, standings.get(command.userId) ?? 'unknown', this.#ids.mintSalt(), locked, today)
      if (attempt.kind === 'accepted') {
        issued.push(attempt.ballot)
        standing.set(id, attempt.ballot)
      }
      return attempt
    })

    if (issued.length > 0 && attempts.every(isFinal)) {
      const changed = distinct(issued.map(({ lotteryDate }) => lotteryDate))
      await Promise.all([
        repos.ballots.add(issued),
        ...changed.map((date) => repos.lotteries.save(locked.byDate.get(date) as Lottery)),
      ])
    }
    return { attempts, heads: [...locked.byDate.values()].map(({ date, head }) => ({ date, ...head })) }
  }

  async #open(date: CalendarDate, cause: Cause): Promise<void> {
    await this.#unitOfWork.run(async ({ lotteries }) => {
      const { at } = await lotteries.lock([])
      const { entropy, secret } = this.#entropies.forNew(date)
      const lottery = unlessRefused(() => Lottery.open(date, entropy, at, cause))
      if (lottery instanceof Lottery) await lotteries.add(lottery, secret)
    })
  }
}

/** Ballots that stand already under the ids of these entries; those that were just minted need no question. */
async function existingBallots(
  entries: readonly Entry[],
  lookUp: LookUp,
  { ballots }: LotteryRepos,
): Promise<Map<BallotId, EnteredBallot>> {
  const asked = entries.filter(({ command }) => lookUp === 'all' || command.idempotencyKey !== undefined)
  const found = new Map<BallotId, EnteredBallot>()
  for (const date of distinct(asked.map((entry) => entry.date))) {
    const ids = asked.filter((entry) => entry.date === date).map(({ id }) => id)
    for (const ballot of await ballots.find(date, ids)) found.set(ballot.id, entered(ballot))
  }
  return found
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
