import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound } from '../domain/errors.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { Participants } from '../domain/participants.ts'
import { ExclusionsDigest } from '../domain/seal.ts'
import type { Entropies } from './entropies.ts'

/** Longest time in milliseconds from the reading of the bans to the lock of the lottery. After more, both are repeated. */
const LONGEST_WAIT_MS = 5_000

/**
 * Seals a lottery whose day is over. A lottery that is sealed or closed already stays as it is.
 *
 * The moment of the seal is the moment when the bans were read. So every ban dated up to the seal counts, and no ban dated
 * after it. No ballot can fall between the two: the seal is refused unless that moment is past the end of the day, and no
 * ballot is accepted after the end of the day.
 */
export class SealLottery {
  readonly #participants: Participants
  readonly #unitOfWork: UnitOfWork<LotteryRepos>
  readonly #entropies: Entropies

  constructor(participants: Participants, unitOfWork: UnitOfWork<LotteryRepos>, entropies: Entropies) {
    this.#participants = participants
    this.#unitOfWork = unitOfWork
    this.#entropies = entropies
  }

  /** Returns the lottery, sealed or closed. @throws LotteryNotFound | LotteryNotOver */
  async execute(date: CalendarDate, cause: Cause): Promise<LotteryState> {
    for (;;) {
      const lottery = await this.#seal(date, cause)
      if (lottery) return lottery
    }
  }

  /** Returns undefined when the lock was waited for so long that the beacon's round of the seal may be known by now. */
  async #seal(date: CalendarDate, cause: Cause): Promise<LotteryState | undefined> {
    const { bans, asOf } = await this.#participants.banned()

    return this.#unitOfWork.run(async ({ lotteries, ballots }) => {
      const { byDate, at } = await lotteries.lock([date])
      const lottery = byDate.get(date)
      if (!lottery) throw new LotteryNotFound(date)
      if (lottery.status !== 'open') return lottery.state
      if (at - asOf > LONGEST_WAIT_MS) return undefined

      lottery.requireOver(asOf)
      const excluded = new ExclusionsDigest()
      for await (const exclusions of ballots.ofBanned(date, bans)) {
        excluded.add(exclusions)
        await lotteries.addExclusions(date, exclusions)
      }
      const last = await lotteries.lastSeal()
      const createdEventId = await lotteries.createdEventOf(date)
      const round = this.#entropies.roundForSeal(lottery, asOf)
      lottery.sealWith({ excluded: excluded.total(), last, round, createdEventId }, asOf, cause)
      await lotteries.save(lottery)
      return lottery.state
    })
  }
}
