import { beforeEach, describe, expect, it } from 'vitest'
import { LotteryNotFound, LotteryNotOver } from '../../../src/lottery/domain/errors.ts'
import { OutcomeUnknown } from '../../../src/shared/application/unit-of-work.ts'
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
  it('draws one of its ballots once its day is over', async () => {
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
    expect(await parts.lotteries.queries.find(TODAY)).toEqual(closed)
  })

  it('refuses a date without a lottery', async () => {
    parts.clock.moveTo(MIDNIGHT)

    await expect(close()).rejects.toThrow(LotteryNotFound)
  })

  it('refuses while the day lasts, to its last millisecond', async () => {
    await submit(ada)
    parts.clock.moveTo('2026-03-10T23:59:59.999Z')

    await expect(close()).rejects.toThrow(LotteryNotOver)

    expect(summary(await parts.lotteries.queries.find(TODAY))).toMatchObject({ status: 'open', sealedAt: null })
  })

  it('closes a lottery without ballots, without a winner', async () => {
    await parts.lotteries.createLottery.execute(TODAY, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    expect(summary(await close())).toMatchObject({ status: 'closed', winner: null })
  })

  it('draws nobody twice: closing again answers the same result', async () => {
    await submit(ada, bob)
    parts.clock.moveTo(MIDNIGHT)
    const once = await close()

    parts.clock.advance({ days: 3 })
    const again = await close()

    expect(again).toEqual(once)
    expect(eventsOfToday()).toEqual(['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'])
  })

  it('draws once for any number of callers at once', async () => {
    await submit(ada, bob)
    parts.clock.moveTo(MIDNIGHT)

    const results = await Promise.all(Array.from({ length: 20 }, close))

    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
    expect(eventsOfToday()).toEqual(['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'])
  })

  it('takes no ballot afterwards, and no clock can reopen it', async () => {
    await submit(ada)
    parts.clock.moveTo(MIDNIGHT)
    const closed = await close()

    parts.clock.moveTo('2026-03-10T12:00:00Z')

    expect(await submit(ada)).toEqual(['lottery_closed'])
    expect(await close()).toEqual(closed)
  })

  it('is done as a whole or not at all when the commit is not answered', async () => {
    await submit(ada, bob)
    parts.clock.moveTo(MIDNIGHT)
    parts.database.failNextCommit('not stored')
    await expect(close()).rejects.toThrow(OutcomeUnknown)

    expect(summary(await parts.lotteries.queries.find(TODAY))).toMatchObject({ status: 'open', winner: null })
    expect(eventsOfToday()).toEqual(['lottery.created.v1'])
    expect(summary(await close())).toMatchObject({ status: 'closed' })
  })
})

describe('rule 7: who is banned at the moment of the seal cannot win', () => {
  it('leaves their ballots out, and the seal lists them', async () => {
    await submit(ada, bob, ada)
    await parts.users.banUser.ban(ada, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    const closed = await close()

    expect(summary(closed)).toMatchObject({ excluded: [1, 3], winner: { ordinal: 2 }, ballotCount: 3 })
  })

  it('has no winner when everybody is banned', async () => {
    await submit(ada, bob)
    await parts.users.banUser.ban(ada, CAUSE)
    await parts.users.banUser.ban(bob, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    expect(summary(await close())).toMatchObject({ status: 'closed', excluded: [1, 2], winner: null })
  })

  it('lets who is unbanned in time win', async () => {
    await submit(ada)
    await parts.users.banUser.ban(ada, CAUSE)
    await parts.users.banUser.unban(ada, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    expect(summary(await close())).toMatchObject({ excluded: [], winner: { ordinal: 1 } })
  })

  it('changes nothing for a ban, or an unban, after the seal', async () => {
    await submit(ada, bob)
    await parts.users.banUser.ban(bob, CAUSE)
    parts.clock.moveTo(MIDNIGHT)
    const closed = await close()

    await parts.users.banUser.ban(ada, CAUSE)
    await parts.users.banUser.unban(bob, CAUSE)

    expect(await close()).toEqual(closed)
    expect((await parts.lotteries.findWinner.execute(TODAY)).userId).toBe(ada)
  })

  it('keeps to what a seal has fixed when the draw comes later', async () => {
    await submit(ada, bob)
    await parts.users.banUser.ban(ada, CAUSE)
    parts.clock.moveTo(MIDNIGHT)
    const sealed = await parts.lotteries.closeLottery.seal(TODAY, CAUSE)
    await parts.users.banUser.unban(ada, CAUSE)
    await parts.users.banUser.ban(bob, CAUSE)
    parts.clock.moveTo('2026-03-11T00:00:30Z')

    const closed = await close()

    expect(summary(sealed)).toMatchObject({
      status: 'sealed',
      excluded: [1],
      sealedAt: instant(MIDNIGHT),
      winner: null,
    })
    expect(summary(closed)).toMatchObject({
      ...{ ...summary(sealed), status: 'closed', winner: { ordinal: 2 } },
      ...{ closedAt: instant('2026-03-11T00:00:30Z'), lastSeq: 3 },
    })
    expect(closed.seal).toEqual(sealed.seal)
  })

  it('ignores bans of people without a ballot', async () => {
    await submit(ada)
    await parts.users.banUser.ban(bob, CAUSE)
    parts.clock.moveTo(MIDNIGHT)

    expect(summary(await close())).toMatchObject({ excluded: [], winner: { ordinal: 1 } })
  })
})

function close() {
  return parts.lotteries.closeLottery.execute(TODAY, CAUSE)
}

async function submit(...users: UserId[]): Promise<string[]> {
  return (await parts.submitBallots.execute(users.map((userId) => aSubmit({ userId })))).map(verdict)
}

function eventsOfToday(): string[] {
  return parts.outbox.filter(({ aggregate }) => aggregate === `lottery/${TODAY}`).map(({ type }) => type)
}
