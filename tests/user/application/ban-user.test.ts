import { beforeEach, describe, expect, it } from 'vitest'
import { UserAlreadyBanned, UserNotFound } from '../../../src/user/domain/errors.ts'
import { CAUSE, NOON, userId } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts

beforeEach(() => {
  parts = memoryParts()
})

describe('banning a user', () => {
  it('takes effect at once', async () => {
    const id = await parts.register()

    await parts.user.banUser.ban(id, CAUSE)

    expect(await parts.user.findUser.execute(id)).toMatchObject({ bannedAt: NOON })
    expect(await parts.user.standings.of([id])).toEqual(new Map([[id, 'banned']]))
  })

  it('succeeds once for any number of concurrent callers', async () => {
    const id = await parts.register()

    const settled = await Promise.allSettled(Array.from({ length: 20 }, () => parts.user.banUser.ban(id, CAUSE)))

    const refusals = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    expect(refusals).toHaveLength(19)
    expect(refusals.every((reason) => reason instanceof UserAlreadyBanned)).toBe(true)
    expect(parts.outbox.map(({ type }) => type)).toEqual(['user.registered.v1', 'user.banned.v1'])
  })

  it('refuses an unknown user', async () => {
    await expect(parts.user.banUser.ban(userId(99), CAUSE)).rejects.toThrow(UserNotFound)
    await expect(parts.user.banUser.unban(userId(99), CAUSE)).rejects.toThrow(UserNotFound)
    await expect(parts.user.findUser.execute(userId(99))).rejects.toThrow(UserNotFound)
  })
})

describe('lifting a ban', () => {
  it('makes the user active again', async () => {
    const id = await parts.register()
    await parts.user.banUser.ban(id, CAUSE)

    await parts.user.banUser.unban(id, CAUSE)

    expect(await parts.user.standings.of([id])).toEqual(new Map([[id, 'active']]))
  })

  it('changes nothing for a user who is not banned', async () => {
    const id = await parts.register()

    await parts.user.banUser.unban(id, CAUSE)

    expect(parts.outbox.map(({ type }) => type)).toEqual(['user.registered.v1'])
  })
})
