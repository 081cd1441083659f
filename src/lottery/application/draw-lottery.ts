import { rootFromInclusion } from '../../ledger/domain/merkle-tree.ts'
import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
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
      const drawing = lottery.drawing(reveal)
      for await (const exclusions of lotteries.exclusionsOf(date)) drawing.exclude(exclusions)
      const winner = await ballotOf(lottery, drawing.winningOrdinal(), ballots)
      lottery.close(drawing, winner, at, cause)
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
  const { date, head } = lottery
  const ordinals = head.size === 0 ? [] : [...new Set([ordinal ?? head.size, head.size])]
  const [[first], lastOrdinal = 0] = await Promise.all([
    sealedBallots(lottery, ordinals, ballots),
    ballots.lastOrdinal(date),
  ])
  if (lastOrdinal > head.size) throw new LedgerBroken(date, 'ballots were stored after its seal')
  if (ordinal === undefined || !first) return undefined
  if (!isNamed(first)) throw new LedgerBroken(date, `its winning ballot ${ordinal} names no user`)
  return first
}

/**
 * Returns the ballots at these ordinals, in their order. Takes a few index reads, regardless of the number of ballots.
 * @throws LedgerBroken unless each ballot is proved to be in the sealed ledger
 */
async function sealedBallots(
  { date, head }: Lottery,
  ordinals: readonly number[],
  ballots: BallotRepository,
): Promise<readonly StoredBallot[]> {
  if (ordinals.length === 0) return []
  // The proofs use stored nodes alone and not the hashes in the lottery's row, because the evidence will use these nodes.
  const [{ proofs }, stored] = await Promise.all([
    new LedgerProofs(ballots).inclusions(date, ordinals, head.size).catch((error: unknown) => {
      if (error instanceof NodeMissing) throw new LedgerBroken(date, error.message)
      throw error
    }),
    Promise.all(ordinals.map((ordinal) => ballots.at(date, ordinal))),
  ])
  return ordinals.map((ordinal, n) => {
    const ballot = stored[n]
    if (!ballot) throw new LedgerBroken(date, `its ballot ${ordinal} is not stored`)
    const root = rootFromInclusion(ballotLeafOf(ballot), ordinal - 1, head.size, proofs[n] as Hash[])
    if (root && sameBytes(root, head.root)) return ballot
    throw new LedgerBroken(date, `its stored ballot ${ordinal} does not lead to its sealed root`)
  })
}
