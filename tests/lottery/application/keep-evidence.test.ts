import { beforeEach, describe, expect, it, vi } from 'vitest'
import { LotteryNotClosed, LotteryNotFound } from '../../../src/lottery/domain/errors.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, CAUSE, TODAY, TOMORROW } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let ada: UserId

const kept = () => [...parts.stores.lotteries.kept.rows.values()].sort((a, b) => a.ordinal - b.ordinal)
const keep = () => parts.lottery.keepEvidence.execute(TODAY)

/** Closes today's lottery of nine ballots. The second and the sixth are excluded, and the fourth wins. */
async function closeToday(): Promise<void> {
  const bob = await parts.register()
  const turns = [ada, bob, ada, ada, ada, bob, ada, ada, ada]
  await parts.lottery.submitBallots.execute(turns.map((userId) => aSubmit({ userId })))
  await parts.user.banUser.ban(bob, CAUSE)
  await parts.letWin(TODAY, 4)
  parts.clock.moveTo('2026-03-11T00:00:00Z')
  await parts.lottery.closeLottery.execute(TODAY, CAUSE)
}

beforeEach(async () => {
  parts = memoryParts()
  ada = await parts.register()
})

describe('keeping the evidence of a lottery', () => {
  it('keeps the excluded ballots, and the winner with its proof', async () => {
    await closeToday()
    const ballots = await parts.stores.lotteries.queries.ballots({ date: TODAY, after: 0, limit: 9 })
    const { winner } = await parts.lottery.findEvidence.execute(TODAY)

    await keep()

    expect(winner?.proof).toHaveLength(4)
    expect(kept()).toEqual([
      { ...ballots[1], proof: null },
      { ...ballots[3], proof: winner?.proof },
      { ...ballots[5], proof: null },
    ])
  })

  it('can be repeated, also after it was interrupted and after the ballots have left', async () => {
    await closeToday()
    await keep()
    const first = kept()
    parts.stores.lotteries.kept.rows.delete(`${TODAY}/2`)

    await keep()
    expect(kept()).toEqual(first)
    await keep()
    expect(kept()).toEqual(first)
  })

  it('keeps nothing of a lottery without ballots', async () => {
    await parts.lottery.createLottery.execute(TODAY, CAUSE)
    parts.clock.moveTo('2026-03-11T00:00:00Z')
    await parts.lottery.closeLottery.execute(TODAY, CAUSE)

    await keep()

    expect(kept()).toEqual([])
  })

  it('is refused before the lottery is closed', async () => {
    await expect(parts.lottery.keepEvidence.execute(TOMORROW)).rejects.toThrow(LotteryNotFound)
    accepted((await parts.lottery.submitBallots.execute([aSubmit({ userId: ada })]))[0])
    await expect(keep()).rejects.toThrow(LotteryNotClosed)
    expect(kept()).toEqual([])
  })

  it.each([
    ['a kept ballot that was changed', 2, 'the kept ballot 2 is not that of the ledger'],
    [
      'a kept winner that was changed',
      4,
      'the kept winner, ballot 4, and its kept proof do not lead to the sealed root',
    ],
  ] as const)('says that it fails by %s', async (_name, ordinal, finding) => {
    await closeToday()
    await keep()
    const { rows } = parts.stores.lotteries.kept
    const key = `${TODAY}/${ordinal}`
    const ballot = kept().find((row) => row.ordinal === ordinal)
    if (ballot) rows.set(key, { ...ballot, salt: Buffer.alloc(16, 1) })

    await expect(keep()).rejects.toThrow(`the evidence of ${TODAY} is not kept: ${finding}`)
  })

  it('says that it fails by a stored ballot that was changed', async () => {
    await closeToday()
    const { rows } = parts.stores.lotteries.ballots
    const ballot = rows.get(`${TODAY}/6`)
    if (ballot) rows.set(`${TODAY}/6`, { ...ballot, submittedAt: 1 })

    await expect(keep()).rejects.toThrow(`the ledger's entries do not lead to the sealed root`)
  })

  it('proves a few excluded ballots of a large lottery, without reading all of it', async () => {
    const bob = await parts.register()
    const turns = Array.from({ length: 1_100 }, (_, n) => (n === 300 || n === 1_099 ? bob : ada))
    await parts.lottery.submitBallots.execute(turns.map((userId) => aSubmit({ userId })))
    await parts.user.banUser.ban(bob, CAUSE)
    parts.clock.moveTo('2026-03-11T00:00:00Z')
    await parts.lottery.closeLottery.execute(TODAY, CAUSE)
    const read = vi.spyOn(parts.stores.lotteries.ledgerNodes, 'entries')

    await keep()
    expect(kept().map(({ ordinal }) => ordinal)).toEqual(expect.arrayContaining([301, 1_100]))
    expect(read.mock.calls.reduce((sum, [, from, to]) => sum + to - from + 1, 0)).toBeLessThan(1_000)

    const { rows } = parts.stores.lotteries.kept
    const ballot = rows.get(`${TODAY}/301`)
    if (ballot) rows.set(`${TODAY}/301`, { ...ballot, submittedAt: 1 })
    await expect(keep()).rejects.toThrow(`is not kept: the kept ballot 301 is not that of the ledger`)
    parts.stores.lotteries.ballots.rows.delete(`${TODAY}/302`)
    await expect(keep()).rejects.toThrow('the ledger has no node 301 of level 0')
  })

  it('says that it fails by a ballot or an exclusion that is not stored', async () => {
    await closeToday()
    const { ballots, exclusions } = parts.stores.lotteries
    exclusions.rows.set(TODAY, (exclusions.rows.get(TODAY) ?? []).slice(0, 1))

    await expect(keep()).rejects.toThrow('1 excluded ballots are stored, 2 are sealed')
    ballots.rows.delete(`${TODAY}/6`)
    await expect(keep()).rejects.toThrow(`the ledger's entries do not lead to the sealed root`)
  })

  it('tells which places are kept', async () => {
    await closeToday()
    await keep()
    const places = [1, 2, 4].map((ordinal) => ({ lotteryDate: TODAY, ordinal }))

    expect(await parts.lottery.keepEvidence.keptAt(places)).toEqual(places.slice(1))
  })
})
