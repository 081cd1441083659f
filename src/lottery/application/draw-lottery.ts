import { rootFromInclusion } from '../../ledger/domain/merkle-tree.ts'
import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import { NodeMissing } from '../../ledger/domain/tree-proofs.ts'
import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import { type Ballot, isNamed, type StoredBallot } from '../domain/ballot.ts'
import type { Beacon } from '../domain/beacon.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { Reveal } from '../domain/entropy.ts'
import { LedgerBroken } from '../domain/errors.ts'
import { ballotLeafOf } from '../domain/ledger-entry.ts'
import { LedgerProofs } from '../domain/ledger-proofs.ts'
import type { Lottery } from '../domain/lottery.ts'
import type { BallotRepository, LotteryRepos } from '../domain/lottery-repository.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { AuditTrail } from './audit-trail.ts'

/**
 * Draws a sealed lottery once its randomness is available and its seal is fixed in the audit log. So the lottery cannot be
 * sealed in another way once the randomness is known. First, the winning ballot and the last ballot are read from storage
 * and compared with the seal. When they differ from it, nothing is drawn.
 */
export class DrawLottery {
  readonly #unitOfWork: UnitOfWork<LotteryRepos>
  readonly #beacon: Beacon
  readonly #auditTrail: AuditTrail

  constructor(unitOfWork: UnitOfWork<LotteryRepos>, beacon: Beacon, auditTrail: AuditTrail) {
    this.#unitOfWork = unitOfWork
    this.#beacon = beacon
    this.#auditTrail = auditTrail
  }

  /** Returns the lottery: closed, or still sealed while its randomness or its fixed seal is missing. @throws LedgerBroken */
  async execute(sealed: LotteryState, cause: Cause): Promise<LotteryState> {
    const { date, entropy, seal, draw } = sealed
    if (!seal || draw) return sealed
    const signature = entropy.kind === 'drand' && (await this.#beacon.signatureOf(entropy.chainHash, seal.round))
    if (signature === undefined || !(await this.#auditTrail.isSealFixed(date))) return sealed

    const lottery = await this.#draw(date, signature || undefined, cause)
    await this.#auditTrail.append()
    return lottery
  }

  async #draw(date: CalendarDate, signature: Reveal | undefined, cause: Cause): Promise<LotteryState> {
    return this.#unitOfWork.run(async ({ lotteries, ballots }) => {
      const { byDate, at } = await lotteries.lock([date])
      const lottery = byDate.get(date) as Lottery
      if (lottery.status === 'closed') return lottery.state

      const reveal = signature ?? (await lotteries.secretOf(date))
      if (!reveal) throw new LedgerBroken(date, 'its secret is not stored')
      const exclusions = await lotteries.exclusionsOf(date)
      const winner = await ballotOf(lottery, lottery.winningOrdinal(reveal, exclusions), ballots)
      lottery.close({ winner, reveal, exclusions }, at, cause)
      await lotteries.save(lottery)
      return lottery.state
    })
  }
}

/**
 * Returns the ballot at the winning ordinal, or undefined without one.
 * @throws LedgerBroken unless the winner and the last ballot are in the sealed ledger, and no ballot follows the last
 */
async function ballotOf(
  lottery: Lottery,
  ordinal: number | undefined,
  ballots: BallotRepository,
): Promise<Ballot | undefined> {
  const { size } = lottery.head
  const [winner, lastOrdinal = 0] = await Promise.all([
    ordinal === undefined ? undefined : sealedBallot(lottery, ordinal, ballots),
    ballots.lastOrdinal(lottery.date),
    size > 0 && size !== ordinal && sealedBallot(lottery, size, ballots),
  ])
  if (lastOrdinal > size) throw new LedgerBroken(lottery.date, 'ballots were stored after its seal')
  if (winner && !isNamed(winner)) throw new LedgerBroken(lottery.date, `its winning ballot ${ordinal} names no user`)
  return winner
}

/**
 * Returns the ballot at an ordinal. Takes a few index reads, regardless of the number of ballots.
 * @throws LedgerBroken unless the ballot is proved to be in the sealed ledger
 */
async function sealedBallot(lottery: Lottery, ordinal: number, ballots: BallotRepository): Promise<StoredBallot> {
  const { date, head } = lottery
  const ballot = await ballots.at(date, ordinal)
  if (!ballot) throw new LedgerBroken(date, `its ballot ${ordinal} is not stored`)
  // The proof uses stored nodes alone and not the hashes in the lottery's row, because the evidence will use these nodes.
  const { proof } = await new LedgerProofs(ballots).inclusion(date, ordinal, head.size).catch((error: unknown) => {
    if (error instanceof NodeMissing) throw new LedgerBroken(date, error.message)
    throw error
  })
  const root = rootFromInclusion(ballotLeafOf(ballot), ordinal - 1, head.size, proof)
  if (!root || !sameBytes(root, head.root)) {
    throw new LedgerBroken(date, `its stored ballot ${ordinal} does not lead to its sealed root`)
  }
  return ballot
}
