import { expect, it } from 'vitest'
import { forgetting } from '../../../src/user/domain/forgetting.ts'
import { aUser, CAUSE, NOON, userId } from '../../support/builders.ts'

const FORGETTING_ID = '0190f5fe-7c00-7a00-8000-0000000000f1'

it('leaves of a banned user what its events say, and no more', () => {
  const user = aUser({ email: 'ada@example.org', name: 'Ada' })
  user.ban(NOON + 1, CAUSE)

  const { user: remains } = forgetting(user.state, FORGETTING_ID, NOON + 2, CAUSE)

  expect(remains).toEqual({ id: userId(), bannedAt: NOON + 1, createdAt: NOON, lastSeq: 2, forgottenAt: NOON + 2 })
})

it('is an event that does not say who was forgotten', () => {
  const { events } = forgetting(aUser({ email: 'ada@example.org' }).state, FORGETTING_ID, NOON, CAUSE)

  expect(events).toEqual([
    {
      aggregate: `forgetting/${FORGETTING_ID}`,
      seq: 1,
      type: 'user.forgotten.v1',
      data: {},
      occurredAt: NOON,
      cause: CAUSE,
    },
  ])
})
