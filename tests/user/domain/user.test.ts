import { describe, expect, it } from 'vitest'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { UserAlreadyBanned } from '../../../src/user/domain/errors.ts'
import { User } from '../../../src/user/domain/user.ts'
import { CAUSE } from '../../support/builders.ts'

const ID = '00000000-0000-7000-8000-00000000ada0' as UserId
const T0 = Date.UTC(2026, 10, 22, 9, 30)

describe('registering a user', () => {
  it('makes a user who is not banned', () => {
    const user = registered()

    expect(user.state).toEqual({
      id: ID,
      email: 'ada@example.org',
      name: 'Ada',
      identity: null,
      bannedAt: null,
      createdAt: T0,
      lastSeq: 1,
    })
  })

  it('records an event with the id, without the e-mail address or the name', () => {
    expect(registered().takeEvents()).toEqual([
      {
        aggregate: `user/${ID}`,
        seq: 1,
        type: 'user.registered.v1',
        data: { user_id: ID },
        occurredAt: T0,
        cause: CAUSE,
      },
    ])
  })
})

describe('banning a user', () => {
  it('dates the ban and records an event', () => {
    const user = User.rehydrate(registered().state)

    user.ban(T0 + 1, CAUSE)

    expect(user.state).toMatchObject({ bannedAt: T0 + 1, lastSeq: 2 })
    expect(user.takeEvents()).toEqual([
      {
        aggregate: `user/${ID}`,
        seq: 2,
        type: 'user.banned.v1',
        data: { user_id: ID },
        occurredAt: T0 + 1,
        cause: CAUSE,
      },
    ])
  })

  it('refuses a second ban and keeps the date of the first', () => {
    const user = registered()
    user.ban(T0 + 1, CAUSE)

    expect(() => user.ban(T0 + 2, CAUSE)).toThrow(UserAlreadyBanned)
    expect(user.state).toMatchObject({ bannedAt: T0 + 1, lastSeq: 2 })
  })
})

describe('lifting a ban', () => {
  it('makes a user active, who can be banned again with a new date', () => {
    const user = registered()
    user.ban(T0 + 1, CAUSE)

    user.unban(T0 + 2, CAUSE)
    user.ban(T0 + 3, CAUSE)

    expect(user.state).toMatchObject({ bannedAt: T0 + 3, lastSeq: 4 })
    expect(user.takeEvents().map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'user.registered.v1'],
      [2, 'user.banned.v1'],
      [3, 'user.unbanned.v1'],
      [4, 'user.banned.v1'],
    ])
  })

  it('changes nothing and records no event when the user is not banned', () => {
    const user = User.rehydrate(registered().state)

    user.unban(T0 + 1, CAUSE)

    expect(user.state).toEqual(registered().state)
    expect(user.takeEvents()).toEqual([])
  })
})

function registered(): User {
  return User.register({ id: ID, email: 'ada@example.org', name: 'Ada' }, T0, CAUSE)
}
