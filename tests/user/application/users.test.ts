import { beforeEach, describe, expect, it } from 'vitest'
import { EmailTaken, UserAlreadyBanned, UserNotFound } from '../../../src/user/domain/errors.ts'
import { CAUSE, NOON, userId } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts

beforeEach(() => {
  parts = memoryParts()
})

describe('registering a user', () => {
  it('keeps what was given', async () => {
    const user = await parts.users.registerUser.execute({ email: 'Ada@Example.org', name: null }, CAUSE)

    expect(user).toMatchObject({ email: 'Ada@Example.org', name: null, bannedAt: null, createdAt: NOON })
    expect(await parts.users.findUser.execute(user.id)).toEqual(user)
  })

  it('refuses an e-mail address that is taken, in any case', async () => {
    await parts.register({ email: 'ada@example.org' })

    await expect(parts.users.registerUser.execute({ email: 'ADA@example.ORG', name: 'Eve' }, CAUSE)).rejects.toThrow(
      EmailTaken,
    )

    expect(parts.stores.users.users.rows.size).toBe(1)
    expect(parts.outbox).toHaveLength(1)
  })

  it('gives an address to one of those who want it at once', async () => {
    const attempts = Array.from({ length: 20 }, () =>
      parts.users.registerUser.execute({ email: 'ada@example.org', name: null }, CAUSE),
    )

    const settled = await Promise.allSettled(attempts)

    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(parts.stores.users.users.rows.size).toBe(1)
  })
})

describe('banning a user', () => {
  it('is seen at once', async () => {
    const id = await parts.register()

    await parts.users.banUser.ban(id, CAUSE)

    expect(await parts.users.findUser.execute(id)).toMatchObject({ bannedAt: NOON })
    expect(await parts.participants.standings([id])).toEqual(new Map([[id, 'banned']]))
  })

  it('is done once by any number of callers', async () => {
    const id = await parts.register()

    const settled = await Promise.allSettled(Array.from({ length: 20 }, () => parts.users.banUser.ban(id, CAUSE)))

    const refusals = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    expect(refusals).toHaveLength(19)
    expect(refusals.every((reason) => reason instanceof UserAlreadyBanned)).toBe(true)
    expect(parts.outbox.map(({ type }) => type)).toEqual(['user.registered.v1', 'user.banned.v1'])
  })

  it('refuses somebody unknown', async () => {
    await expect(parts.users.banUser.ban(userId(99), CAUSE)).rejects.toThrow(UserNotFound)
    await expect(parts.users.banUser.unban(userId(99), CAUSE)).rejects.toThrow(UserNotFound)
    await expect(parts.users.findUser.execute(userId(99))).rejects.toThrow(UserNotFound)
  })
})

describe('lifting a ban', () => {
  it('makes the user active again', async () => {
    const id = await parts.register()
    await parts.users.banUser.ban(id, CAUSE)

    await parts.users.banUser.unban(id, CAUSE)

    expect(await parts.participants.standings([id])).toEqual(new Map([[id, 'active']]))
  })

  it('of somebody who is not banned does nothing', async () => {
    const id = await parts.register()

    await parts.users.banUser.unban(id, CAUSE)

    expect(parts.outbox.map(({ type }) => type)).toEqual(['user.registered.v1'])
  })
})

describe('what other contexts are told of people', () => {
  it('answers every id that was asked for', async () => {
    const [active, banned] = [await parts.register(), await parts.register()]
    await parts.users.banUser.ban(banned, CAUSE)

    expect(await parts.participants.standings([active, banned, userId(99)])).toEqual(
      new Map([
        [active, 'active'],
        [banned, 'banned'],
        [userId(99), 'unknown'],
      ]),
    )
  })

  it('lists everybody who is banned, and when that was so', async () => {
    const [first, second, third] = [await parts.register(), await parts.register(), await parts.register()]
    await parts.users.banUser.ban(first, CAUSE)
    await parts.users.banUser.ban(third, CAUSE)
    await parts.users.banUser.ban(second, CAUSE)
    await parts.users.banUser.unban(second, CAUSE)
    parts.clock.advance({ ms: 5 })

    const { userIds, asOf } = await parts.participants.banned()

    expect([...userIds].sort()).toEqual([first, third].sort())
    expect(asOf).toBe(NOON + 5)
  })
})
