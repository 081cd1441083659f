import { beforeEach, describe, expect, it } from 'vitest'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { LeaveBallots } from '../../../src/user/application/leave-ballots.ts'
import { CAUSE } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts
let leaveBallots: LeaveBallots
let ada: UserId
let bob: UserId
/** What the database and the archive answer about a user; true unless given. An error is thrown. */
let ballots: Map<UserId, boolean | Error>
let archived: Map<UserId, boolean | Error>
let asked: string[]

beforeEach(async () => {
  parts = memoryParts()
  ;[ada, bob] = [await parts.register(), await parts.register()]
  ballots = new Map()
  archived = new Map()
  asked = []
  const answer = (place: string, answers: () => Map<UserId, boolean | Error>) => async (userId: UserId) => {
    asked.push(`${place} ${userId === ada ? 'ada' : 'bob'}`)
    const given = answers().get(userId) ?? true
    if (given instanceof Error) throw given
    return given
  }
  leaveBallots = new LeaveBallots(
    parts.stores.users.usersToForget,
    answer('ballots', () => ballots),
    answer('archive', () => archived),
  )
})

async function forget(...users: UserId[]): Promise<void> {
  for (const user of users) {
    await parts.user.forgetUser.execute(user, CAUSE)
    parts.clock.advance({ minutes: 1 })
  }
  parts.clock.advance({ minutes: 10 })
}

/** Asks for all users, and returns what was asked. Failures are part of it. */
async function round(): Promise<string[]> {
  asked = []
  for (;;) {
    const isMore = await leaveBallots.execute().catch((error: Error) => asked.push(error.message) > 0)
    if (!isMore) return asked
  }
}

const waiting = () => parts.stores.users.usersToForget.count()

describe('leaving the ballots', () => {
  it('ends when neither the database nor the archive names the user, asking the database once more', async () => {
    await forget(ada)

    expect(await round()).toEqual(['ballots ada', 'archive ada', 'ballots ada'])
    expect(await waiting()).toBe(0)
    expect(await round()).toEqual([])
  })

  it('takes users in the order of their forgetting', async () => {
    await forget(bob, ada)

    expect((await round()).filter((call) => call.startsWith('archive'))).toEqual(['archive bob', 'archive ada'])
  })

  it('goes on while a lottery with a ballot of the user is not closed, and reads the archive once meanwhile', async () => {
    await forget(ada)
    ballots.set(ada, false)

    expect(await round()).toEqual(['ballots ada', 'archive ada'])
    expect(await round()).toEqual(['ballots ada'])
    expect(await round()).toEqual(['ballots ada'])
    expect(await waiting()).toBe(1)

    ballots.clear()
    expect(await round()).toEqual(['ballots ada', 'archive ada', 'ballots ada'])
    expect(await waiting()).toBe(0)
  })

  it('goes on while the archive names the user', async () => {
    await forget(ada)
    archived.set(ada, false)

    for (let n = 0; n < 2; n += 1) expect(await round()).toEqual(['ballots ada', 'archive ada'])
    expect(await waiting()).toBe(1)
  })

  it('goes on when ballots came back from the archive meanwhile', async () => {
    await forget(ada)
    archived.set(ada, true)
    const asksAgain = new LeaveBallots(
      parts.stores.users.usersToForget,
      async () => ballots.get(ada) !== false,
      async () => Boolean(ballots.set(ada, false)),
    )

    await asksAgain.execute()

    expect(await waiting()).toBe(1)
  })

  it('goes on for some minutes, in which a submit from before can still store a ballot', async () => {
    await parts.user.forgetUser.execute(ada, CAUSE)

    await round()
    parts.clock.advance({ minutes: 5 })
    await round()
    expect(await waiting()).toBe(1)

    parts.clock.advance({ seconds: 1 })
    await round()
    expect(await waiting()).toBe(0)
  })

  it('of one user is not kept from its end by the failure of another', async () => {
    await forget(ada, bob)
    ballots.set(ada, new Error('no answer'))

    expect(await round()).toEqual(['ballots ada', 'no answer', 'ballots bob', 'archive bob', 'ballots bob'])
    expect(await waiting()).toBe(1)

    ballots.clear()
    await round()
    expect(await waiting()).toBe(0)
  })

  it('counts those who wait, as a metric', async () => {
    await forget(ada, bob)

    expect(await parts.metrics.metrics()).toContain('lottery_users_to_forget 2')
  })
})
