import type { Clock } from '../../shared/application/clock.ts'
import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { CheckpointSigner } from '../../shared/domain/checkpoint.ts'
import { DomainError } from '../../shared/domain/domain-error.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId, BallotIds } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { Lottery, requireDateOpenable } from '../domain/lottery.ts'
import type { LockedLotteries, LotteryRepos } from '../domain/lottery-repository.ts'
import { type Participants, requireActive, type Standing } from '../domain/participants.ts'
import { signedCheckpoint } from './checkpoints.ts'
import type { Entropies } from './entropies.ts'

export interface SubmitBallot {
  readonly userId: UserId
  /** Undefined means today, by the database's clock. */
  readonly date: CalendarDate | undefined
  /** Only together with a date. */
  readonly idempotencyKey: string | undefined
}

export type SubmitOutcome =
  | { readonly kind: 'accepted'; readonly ballot: Ballot; readonly replayed: boolean; readonly checkpoint: string }
  | { readonly kind: 'refused'; readonly error: DomainError }

/** A command on its way. Its date is given or guessed; a wrong guess is put right by the database's clock. */
interface Entry {
  readonly index: number
  readonly command: SubmitBallot
  readonly standing: Standing
  readonly date: CalendarDate
}

type Attempt =
  | { readonly kind: 'accepted'; readonly ballot: Ballot; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly error: DomainError }
  | { readonly kind: 'missing lottery'; readonly date: CalendarDate }
  | { readonly kind: 'other day'; readonly date: CalendarDate }

/**
 * Takes a list of ballots in, in one unit of work; the n-th outcome answers the n-th command. A refused ballot fails
 * alone. When `execute` resolves, every accepted ballot is durable. A list leaves the same rows as single submits.
 *
 * The checkpoint of an accepted ballot is signed after the commit, once for each lottery of the list: it promises the
 * ledger as it stood then, with the ballot in it.
 *
 * A missing lottery is opened in a unit of work of its own and the ballot tried again, so that no row is inserted while
 * another lottery's lock is held: locks are always taken in date order, and submits cannot deadlock. Ballots that are
 * tried again come after the rest of their list.
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

  async execute(commands: readonly SubmitBallot[]): Promise<SubmitOutcome[]> {
    const outcomes: SubmitOutcome[] = []
    let entries = await this.#entriesOf(commands)

    while (entries.length > 0) {
      const { attempts, heads } = await this.#unitOfWork.run((repos) => this.#issueAll(entries, repos))
      const checkpoints = new Map(
        heads.map(({ date, size, root }) => [date, signedCheckpoint(this.#signer, date, size, root)]),
      )
      const again: Entry[] = []
      for (const { entry, attempt } of attempts) {
        if (attempt.kind === 'refused') outcomes[entry.index] = attempt
        else if (attempt.kind !== 'accepted') again.push({ ...entry, date: attempt.date })
        else outcomes[entry.index] = { ...attempt, checkpoint: checkpoints.get(entry.date) as string }
      }
      await this.#open(attempts.flatMap(({ attempt }) => (attempt.kind === 'missing lottery' ? [attempt.date] : [])))
      entries = again
    }
    return outcomes
  }

  async #entriesOf(commands: readonly SubmitBallot[]): Promise<Entry[]> {
    const standings = await this.#participants.standings(distinct(commands.map(({ userId }) => userId)))
    const today = CalendarDate.of(this.#clock.now())
    return commands.map((command, index) => ({
      index,
      command,
      standing: standings.get(command.userId) ?? 'unknown',
      date: command.date ?? today,
    }))
  }

  async #issueAll(
    entries: readonly Entry[],
    repos: LotteryRepos,
  ): Promise<{ attempts: { entry: Entry; attempt: Attempt }[]; heads: ({ date: CalendarDate } & Lottery['head'])[] }> {
    const locked = await repos.lotteries.lock(distinct(entries.map(({ date }) => date)))
    const standing = await this.#standingBallots(entries, repos)
    const issued: Ballot[] = []

    const attempts = entries.map((entry) => {
      const id = this.#idOf(entry)
      const replay = standing.get(id)
      if (replay) return { entry, attempt: { kind: 'accepted', ballot: replay, replayed: true } as const }
      const attempt = issue(id, this.#ids.mintSalt(), entry, locked)
      if (attempt.kind === 'accepted') {
        issued.push(attempt.ballot)
        standing.set(id, attempt.ballot)
      }
      return { entry, attempt }
    })

    const changed = distinct(issued.map(({ lotteryDate }) => lotteryDate)).map(
      (date) => locked.byDate.get(date) as Lottery,
    )
    await Promise.all([
      issued.length > 0 && repos.ballots.add(issued),
      ...changed.map((lottery) => repos.lotteries.save(lottery)),
    ])
    return { attempts, heads: [...locked.byDate.values()].map(({ date, head }) => ({ date, ...head })) }
  }

  /** Ballots that stand already under the idempotency keys of these entries. */
  async #standingBallots(entries: readonly Entry[], { ballots }: LotteryRepos): Promise<Map<BallotId, Ballot>> {
    const keyed = entries.filter(({ command }) => command.idempotencyKey !== undefined)
    const found = new Map<BallotId, Ballot>()
    for (const date of distinct(keyed.map((entry) => entry.date))) {
      const ids = keyed.filter((entry) => entry.date === date).map((entry) => this.#idOf(entry))
      for (const ballot of await ballots.find(date, ids)) found.set(ballot.id, ballot)
    }
    return found
  }

  async #open(dates: readonly CalendarDate[]): Promise<void> {
    for (const date of distinct(dates)) {
      await this.#unitOfWork.run(async ({ lotteries }) => {
        const { at } = await lotteries.lock([])
        const { entropy, secret } = this.#entropies.forNew(date)
        const lottery = unlessRefused(() => Lottery.open(date, entropy, at))
        if (lottery instanceof Lottery) await lotteries.add(lottery, secret)
      })
    }
  }

  #idOf({ command, date }: Entry): BallotId {
    if (command.idempotencyKey === undefined) return this.#ids.mint()
    return this.#ids.derive(command.userId, date, command.idempotencyKey)
  }
}

function issue(
  id: BallotId,
  salt: Uint8Array,
  { command: { userId, date: given }, date, standing }: Entry,
  { byDate, at }: LockedLotteries,
): Attempt {
  const today = CalendarDate.of(at)
  if (given === undefined && date !== today) return { kind: 'other day', date: today }

  const attempt = unlessRefused((): Attempt => {
    const lottery = byDate.get(date)
    if (lottery) {
      return { kind: 'accepted', ballot: lottery.issue({ id, userId, salt, standing }, at), replayed: false }
    }
    requireActive(userId, standing)
    requireDateOpenable(date, at)
    return { kind: 'missing lottery', date }
  })
  return attempt instanceof DomainError ? { kind: 'refused', error: attempt } : attempt
}

function unlessRefused<T>(act: () => T): T | DomainError {
  try {
    return act()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
