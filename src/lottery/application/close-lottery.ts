import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { Chance } from '../domain/chance.ts'
import { LotteryNotFound } from '../domain/errors.ts'
import type { LotteryState } from '../domain/lottery.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'
import type { Participants } from '../domain/participants.ts'

/**
 * Seals a lottery whose day is over and draws it. Any number of callers may try at once: one closes it, the others
 * answer the same result.
 *
 * The moment of the seal is the moment the bans were read, so that every ban dated before `sealedAt` counts and none
 * dated after it does, however long the row's lock is waited for. No ballot can fall between the two: the seal is
 * refused unless that moment is past the end of the day, and no ballot is accepted after it.
 */
export class CloseLottery {
  readonly #participants: Participants
  readonly #unitOfWork: UnitOfWork<LotteryRepos>
  readonly #chance: Chance

  constructor(participants: Participants, unitOfWork: UnitOfWork<LotteryRepos>, chance: Chance) {
    this.#participants = participants
    this.#unitOfWork = unitOfWork
    this.#chance = chance
  }

  /** @throws LotteryNotFound | LotteryNotOver */
  async execute(date: CalendarDate): Promise<LotteryState> {
    const banned = await this.#participants.banned()

    return this.#unitOfWork.run(async ({ lotteries, ballots }) => {
      const { byDate, at } = await lotteries.lock([date])
      const lottery = byDate.get(date)
      if (!lottery) throw new LotteryNotFound(date)
      if (lottery.status === 'closed') return lottery.state

      lottery.seal(await ballots.ordinalsOf(date, banned.userIds), banned.asOf)
      const ordinal = lottery.draw(this.#chance)
      lottery.close(ordinal === undefined ? undefined : await ballots.at(date, ordinal), at)
      await lotteries.save(lottery)
      return lottery.state
    })
  }
}
