import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { TreeHead } from '../../ledger/domain/growing-tree.ts'
import type { Clock } from '../../shared/application/clock.ts'
import { ConnectionLost, OutcomeUnknown } from '../../shared/application/unavailable.ts'
import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { BallotId, BallotIds } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { type EnteredBallot, entered } from '../domain/ledger-entry.ts'
import { Lottery } from '../domain/lottery.ts'
import { DAYS_AHEAD } from '../domain/lottery-dates.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'
import type { Participants, Standing } from '../domain/participants.ts'
import type { Entropies } from './entropies.ts'
import { type Attempt, isFinal, issue, missingLotteries, type PendingSubmit, unlessRefused } from './pending-submit.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'
import type { SubmitBallotCommand, SubmitOutcome } from './submit-command.ts'

type Standings = ReadonlyMap<UserId, Standing>

/** Ids that are looked up before their ballots are issued: those of idempotency keys, or all of them. */
type LookUp = 'keyed' | 'all'

/**
 * Submits a batch of ballots in one unit of work. The n-th outcome answers the n-th command, and a refused ballot fails
 * alone. A batch leaves the same rows as single submits in its order. When `execute` resolves, every accepted ballot is
 * durable. When it rejects, none is stored; with {@link OutcomeUnknown} either all of them are stored or none.
 *
 * The checkpoint of an accepted ballot is signed after the commit, once for each lottery of the batch. It promises the
 * ledger as it stood then, with the ballot in it.
 *
 * Missing lotteries are opened in units of work of their own, and the batch is tried again from its start with nothing
 * stored yet. So no row is inserted while another lottery's lock is held: locks are taken in date order, and submits
 * cannot deadlock.
 *
 * After a broken connection, or a commit without an answer, the batch is tried once more on another connection. Its
 * ballots keep their ids, and all of them are looked up first. Under the lottery's lock the look-up is final, because a
 * commit that is still going on holds that lock.
 */
export class SubmitBallots {
  readonly #participants: Participants
  readonly #unitOfWork: UnitOfWork<LotteryRepos>
  readonly #ids: BallotIds
  readonly #entropies: Entropies
  readonly #signer: CheckpointSigner
  readonly #clock: Clock
  readonly #daysAhead: number

  constructor(
    participants: Participants,
    unitOfWork: UnitOfWork<LotteryRepos>,
    ids: BallotIds,
    entropies: Entropies,
    signer: CheckpointSigner,
    clock: Clock,
    daysAhead = DAYS_AHEAD,
  ) {
    this.#participants = participants
    this.#unitOfWork = unitOfWork
    this.#ids = ids
    this.#entropies = entropies
    this.#signer = signer
    this.#clock = clock
    this.#daysAhead = daysAhead
  }

  async execute(batch: readonly SubmitBallotCommand[]): Promise<SubmitOutcome[]> {
    if (batch.length === 0) return []
    const submits = this.#pendingSubmits(batch)
    try {
      return await this.#submit(submits, 'keyed')
    } catch (first) {
      if (!(first instanceof OutcomeUnknown || first instanceof ConnectionLost)) throw first
      return await this.#submit(submits, 'all').catch((second: unknown) => {
        throw first instanceof OutcomeUnknown ? first : second
      })
    }
  }

  #pendingSubmits(batch: readonly SubmitBallotCommand[]): PendingSubmit[] {
    const today = CalendarDate.of(this.#clock.now())
    return batch.map((command) => {
      const { userId, date = today, idempotencyKey: key } = command
      if (key === undefined) return { command, date, id: this.#ids.mint(), formerId: undefined }
      const formerId = this.#ids.formerlyDerived(userId, date, key)
      return { command, date, id: this.#ids.derive(userId, date, key), formerId }
    })
  }

  /** Tries until every outcome is final. The submits keep the dates that the database's clock gave them. */
  async #submit(submits: readonly PendingSubmit[], lookUp: LookUp): Promise<SubmitOutcome[]> {
    // The standings are read while the unit of work begins and waits for its lock. They are first to get a connection.
    const standings = this.#participants.standings(distinct(submits.map(({ command }) => command.userId)))
    standings.catch(() => {}) // the unit of work awaits the same promise, and throws its error
    for (;;) {
      const { attempts, heads } = await this.#unitOfWork.run((repos) =>
        this.#issueAll(submits, standings, lookUp, repos),
      )
      if (attempts.every(isFinal)) return this.#outcomesOf(attempts, heads)
      attempts.forEach((attempt, n) => {
        if (attempt.kind === 'other day') (submits[n] as PendingSubmit).date = attempt.date
      })
      for (const date of missingLotteries(attempts)) await this.#open(date)
    }
  }

  async #issueAll(
    submits: readonly PendingSubmit[],
    standings: Promise<Standings>,
    lookUp: LookUp,
    repos: LotteryRepos,
  ): Promise<{ attempts: Attempt[]; heads: Map<CalendarDate, TreeHead> }> {
    const locked = await repos.lotteries.lock(distinct(submits.map(({ date }) => date)))
    const [standingOf, existingBallots] = await Promise.all([standings, findExisting(submits, lookUp, repos)])
    const today = CalendarDate.of(locked.at)
    const issued: EnteredBallot[] = []

    const attempts = submits.map((submit): Attempt => {
      const { id, formerId, command } = submit
      const standing = standingOf.get(command.userId) ?? 'unknown'
      const existing = existingBallots.get(id) ?? (formerId && existingBallots.get(formerId))
      // The ballot of a forgotten user stays until its lottery is closed. No answer tells of it.
      if (existing && standing !== 'unknown')
        return { kind: 'accepted', ballot: existing, replayed: command.idempotencyKey !== undefined }
      const attempt = issue(submit, standing, this.#ids.mintSalt(), locked, today, this.#daysAhead)
      if (attempt.kind === 'accepted') {
        issued.push(attempt.ballot)
        existingBallots.set(id, attempt.ballot)
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
    return { attempts, heads: new Map([...locked.byDate].map(([date, { head }]) => [date, head])) }
  }

  #outcomesOf(
    attempts: readonly Extract<Attempt, SubmitOutcome | { ballot: unknown }>[],
    heads: ReadonlyMap<CalendarDate, TreeHead>,
  ): SubmitOutcome[] {
    const checkpoints = new Map([...heads].map(([date, head]) => [date, signedCheckpoint(this.#signer, date, head)]))
    return attempts.map((attempt) =>
      attempt.kind === 'refused'
        ? attempt
        : { ...attempt, checkpoint: checkpoints.get(attempt.ballot.lotteryDate) as string },
    )
  }

  /** Opens a lottery in the service's name: that of the submit's caller would tell who cast ordinal 1. */
  async #open(date: CalendarDate): Promise<void> {
    await this.#unitOfWork.run(async ({ lotteries }) => {
      const { entropy, secret } = this.#entropies.forNew(date)
      const now = await lotteries.now()
      const lottery = unlessRefused(() => Lottery.open(date, entropy, now, CAUSED_BY_SERVICE, this.#daysAhead))
      if (lottery instanceof Lottery) await lotteries.add(lottery, secret)
    })
  }
}

/** Finds the ballots that are stored under the ids of these submits. An id that was just minted needs no look-up. */
async function findExisting(
  submits: readonly PendingSubmit[],
  lookUp: LookUp,
  { ballots }: LotteryRepos,
): Promise<Map<BallotId, EnteredBallot>> {
  const candidates = submits.filter(({ command }) => lookUp === 'all' || command.idempotencyKey !== undefined)
  const found = new Map<BallotId, EnteredBallot>()
  for (const date of distinct(candidates.map((submit) => submit.date))) {
    const ids = candidates
      .filter((submit) => submit.date === date)
      .flatMap(({ id, formerId }) => (formerId ? [id, formerId] : id))
    for (const ballot of await ballots.find(date, ids)) found.set(ballot.id, entered(ballot))
  }
  return found
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
