import { beforeEach, describe, expect, it } from 'vitest'
import { EmailTaken } from '../../../src/user/domain/errors.ts'
import { CAUSE, NOON } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

let parts: MemoryParts

beforeEach(() => {
  parts = memoryParts()
})

describe('registering a user', () => {
  it('stores the address and the name', async () => {
    const { user } = await parts.user.registerUser.execute({ email: 'Ada@Example.org', name: null }, CAUSE)

    expect(user).toMatchObject({ email: 'Ada@Example.org', name: null, bannedAt: null, createdAt: NOON })
    expect(await parts.user.findUser.execute(user.id)).toEqual(user)
  })

  it('refuses an e-mail address that is taken, in any case', async () => {
    await parts.register({ email: 'ada@example.org' })

    await expect(parts.user.registerUser.execute({ email: 'ADA@example.ORG', name: 'Eve' }, CAUSE)).rejects.toThrow(
      EmailTaken,
    )

    expect(parts.stores.users.users.rows.size).toBe(1)
    expect(parts.outbox).toHaveLength(1)
  })

  it('gives an address to one of 20 concurrent callers', async () => {
    const attempts = Array.from({ length: 20 }, () =>
      parts.user.registerUser.execute({ email: 'ada@example.org', name: null }, CAUSE),
    )

    const settled = await Promise.allSettled(attempts)

    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(parts.stores.users.users.rows.size).toBe(1)
  })
})
