import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { identityOf } from '../../../src/shared/domain/caller.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { OwnUserIds } from '../../../src/user/infrastructure/own-user-ids.ts'
import { NOON, userId } from '../../support/builders.ts'

const ADA = identityOf('https://issuer.example', 'ada')

let stored: UserId | undefined
let reads: number
let ownUserIds: OwnUserIds

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  vi.spyOn(performance, 'now').mockImplementation(() => 1_000 + Date.now() - NOON) // the clock of the cache
  stored = userId(1)
  reads = 0
  const idOf = async () => {
    reads += 1
    return stored
  }
  ownUserIds = new OwnUserIds({
    idOf,
    find: async () => undefined,
    findByEmail: async () => undefined,
    bans: async () => new Map(),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it('remembers the user of a subject', async () => {
  for (let n = 0; n < 3; n += 1) expect(await ownUserIds.of(ADA)).toBe(userId(1))

  expect(reads).toBe(1)
})

it('remembers no lack of a user', async () => {
  stored = undefined
  expect(await ownUserIds.of(ADA)).toBeUndefined()
  stored = userId(2)

  expect(await ownUserIds.of(ADA)).toBe(userId(2))
})

it('reads again after a forgetting in this replica', async () => {
  await ownUserIds.of(ADA)
  stored = userId(2)
  ownUserIds.forget(userId(3))
  expect(await ownUserIds.of(ADA)).toBe(userId(1))

  ownUserIds.forget(userId(1))

  expect(await ownUserIds.of(ADA)).toBe(userId(2))
})

it('notices within a minute that another replica forgot the user', async () => {
  await ownUserIds.of(ADA)
  stored = userId(2)

  vi.advanceTimersByTime(60_001)

  expect(await ownUserIds.of(ADA)).toBe(userId(2))
})
