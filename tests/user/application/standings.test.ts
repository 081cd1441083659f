import { beforeEach, describe, expect, it } from 'vitest'
import { CAUSE, NOON, userId } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts

beforeEach(() => {
  parts = memoryParts()
})

describe('the standings of users', () => {
  it('are returned for every given id', async () => {
    const [active, banned] = [await parts.register(), await parts.register()]
    await parts.user.banUser.ban(banned, CAUSE)

    expect(await parts.user.standings.of([active, banned, userId(99)])).toEqual(
      new Map([
        [active, 'active'],
        [banned, 'banned'],
        [userId(99), 'unknown'],
      ]),
    )
  })

  it('include all banned users, with the time of the query', async () => {
    const [first, second, third] = [await parts.register(), await parts.register(), await parts.register()]
    await parts.user.banUser.ban(first, CAUSE)
    await parts.user.banUser.ban(third, CAUSE)
    await parts.user.banUser.ban(second, CAUSE)
    await parts.user.banUser.unban(second, CAUSE)
    parts.clock.advance({ ms: 5 })

    const { bans, asOf } = await parts.user.standings.banned()
    const userIds = bans.map(({ userId }) => userId)

    expect([...userIds].sort()).toEqual([first, third].sort())
    expect(asOf).toBe(NOON + 5)
  })
})
