import { beforeEach, describe, expect, it } from 'vitest'
import { LotteryNotFound, LotteryNotOver } from '../../../src/lottery/domain/errors.ts'
import { OutcomeUnknown } from '../../../src/shared/application/unavailable.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { aSubmit, CAUSE, instant, summary, TODAY, verdict } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

const MIDNIGHT = '2026-03-11T00:00:00Z'

let parts: MemoryParts
let ada: UserId
let bob: UserId

beforeEach(async () => {
  parts = memoryParts()
  ada = await parts.register()
  bob = await parts.register()
})

describe('closing a lottery', () => {
  it('draws one of its ballots after its day is over', async () => {
    await submit(ada, bob, ada)
    await parts.letWin(TODAY, 2)
    parts.clock.moveTo(MIDNIGHT)

    const closed = await close()

    const winner = parts.stores.lotteries.ballots.rows.get(`${TODAY}/2`)
    expect(winner?.userId).toBe(bob)
    expect(summary(closed)).toMatchObject({
      status: 'closed',
      ballotCount: 3,
      winner: { ordinal: 2, ballotId: winner?.id },
      sealedAt: instant(MIDNIGHT),
      closedAt: instant(MIDNIGHT),
    })
    expect(await parts.stores.lotteries.queries.find(TODAY)).toEqual(closed)
  })

  it('refuses a date without a lottery', async () => {
    parts.clock.moveTo(MIDNIGHT)

    await expect(close()).rejects.toThrow(LotteryNotFound)
  })

  it('is refused until the last millisecond of the day', async () => {
    await submit(ada)
    parts.clock.moveTo('2026-03-10T23:59:59.999Z')

    await expect(close()).rejects.toThrow(LotteryNotOver)

    expect(summary(await parts.stores.lotteries.queries.find(TODAY))).toMatchObject({ status: 'open', sealedAt: null })
  })

  it('closes an empty lottery without a winner', async () => {
    await parts.lottery.createLottery.execute(TODAY, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    expect(summary(await close())).toMatchObject({ status: 'closed', winner: null })
  })

  it('draws no lottery twice: closing again returns the same result', async () => {
    await submit(ada, bob)
    parts.clock.moveTo(MIDNIGHT)
    const once = await close()

    parts.clock.advance({ days: 3 })
    const again = await close()

    expect(again).toEqual(once)
    expect(eventsOfToday()).toEqual(['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'])
  })

  it('draws once for any number of concurrent callers', async () => {
    await submit(ada, bob)
    parts.clock.moveTo(MIDNIGHT)

    const results = await Promise.all(Array.from({ length: 20 }, close))

    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
    expect(eventsOfToday()).toEqual(['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'])
  })

  it('refuses later ballots, and no clock change reopens the lottery', async () => {
    await submit(ada)
    parts.clock.moveTo(MIDNIGHT)
    const closed = await close()

    parts.clock.moveTo('2026-03-10T12:00:00Z')

    expect(await submit(ada)).toEqual(['lottery_closed'])
    expect(await close()).toEqual(closed)
  })

  it('stores nothing when the commit fails, and succeeds when it is repeated', async () => {
    await submit(ada, bob)
    parts.clock.moveTo(MIDNIGHT)
    parts.database.failNextCommit('not stored')
    await expect(close()).rejects.toThrow(OutcomeUnknown)

    expect(summary(await parts.stores.lotteries.queries.find(TODAY))).toMatchObject({ status: 'open', winner: null })
    expect(eventsOfToday()).toEqual(['lottery.created.v1'])
    expect(summary(await close())).toMatchObject({ status: 'closed' })
  })
})

describe('rule 7: a user who is banned at the moment of the seal cannot win', () => {
  it('excludes the ballots of banned users, and the seal lists them', async () => {
    await submit(ada, bob, ada)
    await parts.user.banUser.ban(ada, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    const closed = await close()

    expect(summary(closed)).toMatchObject({ excludedCount: 2, winner: { ordinal: 2 }, ballotCount: 3 })
  })

  it('has no winner when every user is banned', async () => {
    await submit(ada, bob)
    await parts.user.banUser.ban(ada, CAUSE)
    await parts.user.banUser.ban(bob, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    expect(summary(await close())).toMatchObject({ status: 'closed', excludedCount: 2, winner: null })
  })

  it('lets a user win who is unbanned before the seal', async () => {
    await submit(ada)
    await parts.user.banUser.ban(ada, CAUSE)
    await parts.user.banUser.unban(ada, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    expect(summary(await close())).toMatchObject({ excludedCount: 0, winner: { ordinal: 1 } })
  })

  it('ignores bans and unbans after the seal', async () => {
    await submit(ada, bob)
    await parts.user.banUser.ban(bob, CAUSE)
    parts.clock.moveTo(MIDNIGHT)
    const closed = await close()

    await parts.user.banUser.ban(ada, CAUSE)
    await parts.user.banUser.unban(bob, CAUSE)

    expect(await close()).toEqual(closed)
    expect((await parts.lottery.findWinner.execute(TODAY)).userId).toBe(ada)
  })

  it('keeps the terms of the seal when the draw comes later', async () => {
    await submit(ada, bob)
    await parts.user.banUser.ban(ada, CAUSE)
    parts.clock.moveTo(MIDNIGHT)
    const sealed = await parts.lottery.sealLottery.execute(TODAY, CAUSE)
    await parts.user.banUser.unban(ada, CAUSE)
    await parts.user.banUser.ban(bob, CAUSE)
    parts.clock.moveTo('2026-03-11T00:00:30Z')

    const closed = await close()

    expect(summary(sealed)).toMatchObject({
      status: 'sealed',
      excludedCount: 1,
      sealedAt: instant(MIDNIGHT),
      winner: null,
    })
    expect(summary(closed)).toMatchObject({
      ...summary(sealed),
      status: 'closed',
      winner: { ordinal: 2 },
      closedAt: instant('2026-03-11T00:00:30Z'),
      lastSeq: 3,
    })
    expect(closed.seal).toEqual(sealed.seal)
  })

  it('ignores bans of users without a ballot', async () => {
    await submit(ada)
    await parts.user.banUser.ban(bob, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    expect(summary(await close())).toMatchObject({ excludedCount: 0, winner: { ordinal: 1 } })
  })
})

function close() {
  return parts.lottery.closeLottery.execute(TODAY, CAUSE)
}

async function submit(...users: UserId[]): Promise<string[]> {
  return (await parts.lottery.submitBallots.execute(users.map((userId) => aSubmit({ userId })))).map(verdict)
}

function eventsOfToday(): string[] {
  return parts.outbox.filter(({ aggregate }) => aggregate === `lottery/${TODAY}`).map(({ type }) => type)
}
