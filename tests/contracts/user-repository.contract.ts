import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identityOf } from '../../src/shared/domain/caller.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { BanUser } from '../../src/user/application/ban-user.ts'
import { RegisterUser } from '../../src/user/application/register-user.ts'
import { EmailTaken } from '../../src/user/domain/errors.ts'
import { forgetting } from '../../src/user/domain/forgetting.ts'
import type { User } from '../../src/user/domain/user.ts'
import { aUser, CAUSE, instant, NOON, userId } from '../support/builders.ts'
import { hold, race } from '../support/holding.ts'
import type { OpenWorld, World } from './world.ts'

export function userRepositoryContract(open: OpenWorld): void {
  describe('UserRepository', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    const add = (user: User) => world.userWork.run(({ users }) => users.add(user))
    const lock = (id: UserId) => world.userWork.run(({ users }) => users.lock(id))
    const banned = () => world.userWork.run(({ users }) => users.banned())
    const ban = (id: UserId) => new BanUser(world.userWork).ban(id, CAUSE)
    const holdBan = (id: UserId) =>
      hold(world.userWork, async ({ users }) => {
        const { user, at } = await users.lock(id)
        user?.ban(at, CAUSE)
        await users.save(user as User)
      })

    describe('the user of a token subject', () => {
      const ADA = identityOf('https://issuer.example', 'ada')
      const registerAda = (email: string) =>
        new RegisterUser(world.userWork, () => randomUUID() as UserId).execute(
          { email, name: null, identity: ADA },
          CAUSE,
        )

      it('is found by the subject and by the e-mail address in any case, and no other user is', async () => {
        const { user } = await registerAda('Ada@example.org')
        await add(aUser({ id: userId(2), email: 'eve@example.org' }))

        expect(await world.userQueries.idOf(ADA)).toBe(user.id)
        expect((await world.userWork.run(({ users }) => users.ofIdentity(ADA)))?.state).toEqual(user)
        expect(await world.userQueries.findByEmail('aDA@example.ORG')).toEqual(user)
        expect(await world.userQueries.idOf(identityOf('https://other.example', 'ada'))).toBeUndefined()
        expect(await world.userQueries.findByEmail('nobody@example.org')).toBeUndefined()
      })

      it('is registered once by 20 concurrent requests, which all get that user', async () => {
        const registered = await race(20, (n) => registerAda(`ada-${n}@example.org`))

        expect(new Set(registered.map(({ user }) => user.id)).size).toBe(1)
        expect(registered.filter(({ isNew }) => isNew)).toHaveLength(1)
        expect(await world.outbox()).toHaveLength(1)
      })

      it('stays as it is when the subject registers again, and an address that is taken is refused', async () => {
        const { user } = await registerAda('ada@example.org')
        await add(aUser({ id: userId(2), email: 'eve@example.org' }))

        expect(await registerAda('other@example.org')).toEqual({ user, isNew: false })
        const eve = identityOf('https://issuer.example', 'eve')
        const registerEve = new RegisterUser(world.userWork, () => randomUUID() as UserId)
        await expect(
          registerEve.execute({ email: 'ADA@example.org', name: null, identity: eve }, CAUSE),
        ).rejects.toThrow(EmailTaken)
      })
    })

    describe('adding a user', () => {
      it('stores it with its events', async () => {
        const user = aUser({ email: 'Ada@example.org', name: 'Ada' })

        expect(await add(user)).toBe(true)

        expect(await world.userQueries.find(userId())).toEqual(user.state)
        expect(await world.outbox()).toEqual([
          {
            aggregate: `user/${userId()}`,
            seq: 1,
            type: 'user.registered.v1',
            data: { user_id: userId() },
            occurredAt: NOON,
            cause: CAUSE,
          },
        ])
      })

      it('returns false and stores nothing when the e-mail address is taken, in any case', async () => {
        await add(aUser({ email: 'Ada@example.org' }))

        expect(await add(aUser({ id: userId(2), email: 'aDA@EXAMPLE.org' }))).toBe(false)
        expect(await add(aUser({ id: userId(3), email: 'Ada@example.org' }))).toBe(false)

        expect(await world.userQueries.find(userId(2))).toBeUndefined()
        expect(await world.outbox()).toHaveLength(1)
      })

      it.each([
        { end: 'commit', added: false },
        { end: 'rollBack', added: true },
      ] as const)(
        'waits for another transaction that is adding the address: after its $end it returns $added',
        async (given) => {
          const other = await hold(world.userWork, ({ users }) => users.add(aUser({ email: 'ada@example.org' })))
          const adding = add(aUser({ id: userId(2), email: 'ADA@example.org' }))
          await world.untilWaiting(1)

          await other[given.end]()

          expect(await adding).toBe(given.added)
          expect(await world.outbox()).toHaveLength(1)
        },
      )

      it('lets one of 20 concurrent registrations of the same address succeed', async () => {
        const added = await race(20, (n) => add(aUser({ id: userId(n), email: 'ada@example.org' })))

        expect(added.filter(Boolean)).toHaveLength(1)
        expect(await world.outbox()).toHaveLength(1)
      })
    })

    describe('locking a user', () => {
      it('returns the stored user, or undefined for an unknown id', async () => {
        await add(aUser())

        expect((await lock(userId())).user?.state).toEqual(aUser().state)
        expect((await lock(userId(2))).user).toBeUndefined()
      })

      it('waits for the holder of the lock, reads the clock after its release, and sees its changes', async () => {
        await add(aUser())
        const holder = await holdBan(userId())
        const waiting = lock(userId())
        await world.untilWaiting(1)

        await world.clock.advance({ hours: 1 })
        const releasedAt = await world.clock.now()
        await holder.commit()

        const { user, at } = await waiting
        expect(at).toBeGreaterThanOrEqual(releasedAt)
        expect(at).toBeLessThanOrEqual(await world.clock.now())
        expect(user?.state.bannedAt).toBeLessThan(releasedAt)
      })

      it('does not block a lock on another user', async () => {
        await add(aUser())
        await add(aUser({ id: userId(2) }))
        const holder = await holdBan(userId())

        expect((await lock(userId(2))).user).toBeDefined()

        await holder.rollBack()
      })
    })

    describe('saving a user', () => {
      it('stores the change, with gapless events, over several units of work', async () => {
        await add(aUser())
        await ban(userId())
        const whileBanned = await world.userQueries.find(userId())
        await new BanUser(world.userWork).unban(userId(), CAUSE)
        await ban(userId())

        expect(whileBanned?.bannedAt).toBeGreaterThanOrEqual(NOON)
        expect(whileBanned?.lastSeq).toBe(2)
        expect((await world.outbox()).map(({ seq, type }) => [seq, type])).toEqual([
          [1, 'user.registered.v1'],
          [2, 'user.banned.v1'],
          [3, 'user.unbanned.v1'],
          [4, 'user.banned.v1'],
        ])
      })

      it('stores neither change nor event when the unit of work is rolled back', async () => {
        await add(aUser())
        const banning = await holdBan(userId())

        await banning.rollBack()

        expect(await world.userQueries.find(userId())).toEqual(aUser().state)
        expect(await world.outbox()).toHaveLength(1)
      })

      it('lets one of 20 concurrent bans of the same user succeed', async () => {
        await add(aUser())

        const bans = await race(20, () => ban(userId()).then(() => 'banned', String))

        expect(bans.filter((outcome) => outcome === 'banned')).toHaveLength(1)
        expect(await world.outbox()).toHaveLength(2)
      })
    })

    describe('forgetting a user', () => {
      const FORGETTING_ID = '0190f5fe-7c00-7a00-8000-0000000000f1'
      const holdForgetting = () =>
        hold(world.userWork, async ({ users }) => {
          const { user, at } = await users.lock(userId())
          if (user) await users.forget(forgetting(user.state, FORGETTING_ID, at, CAUSE))
        })

      it('makes the id unknown, frees the address, and stores the event', async () => {
        await add(aUser({ email: 'ada@example.org' }))

        await (await holdForgetting()).commit()

        expect((await lock(userId())).user).toBeUndefined()
        expect(await world.userQueries.find(userId())).toBeUndefined()
        expect(await world.userQueries.findByEmail('ada@example.org')).toBeUndefined()
        expect((await world.userQueries.bans([userId()])).size).toBe(0)
        expect((await world.outbox()).map(({ aggregate }) => aggregate)).toContain(`forgetting/${FORGETTING_ID}`)
        expect(await add(aUser({ id: userId(2), email: 'ADA@example.org' }))).toBe(true)
        expect(await add(aUser({ email: 'new@example.org' }))).toBe(false) // the row stays, and so does its id
      })

      it('changes nothing when the unit of work is rolled back', async () => {
        await add(aUser())

        await (await holdForgetting()).rollBack()

        expect(await world.userQueries.find(userId())).toEqual(aUser().state)
        expect(await world.outbox()).toHaveLength(1)
      })

      it('hides the user from a change that waited for it', async () => {
        await add(aUser())
        const holder = await holdForgetting()
        const waiting = lock(userId())
        await world.untilWaiting(1)

        await holder.commit()

        expect((await waiting).user).toBeUndefined()
      })

      it('leaves a ban in force', async () => {
        await add(aUser())
        await ban(userId())
        const bansBefore = (await banned()).bans

        await (await holdForgetting()).commit()

        expect(bansBefore).toHaveLength(1)
        expect((await banned()).bans).toEqual(bansBefore)
      })
    })

    it("returns the time of the database's clock", async () => {
      await world.clock.moveTo('2026-07-01T08:00:00Z')

      const now = await world.userWork.run(({ users }) => users.now())

      expect(now).toBeGreaterThanOrEqual(instant('2026-07-01T08:00:00Z'))
      expect(now).toBeLessThanOrEqual(await world.clock.now())
    })

    describe('listing the banned', () => {
      it('returns exactly the users who are banned at that moment, with the event of the ban', async () => {
        for (const n of [1, 2, 3]) await add(aUser({ id: userId(n) }))
        for (const n of [1, 2]) await ban(userId(n))
        await new BanUser(world.userWork).unban(userId(1), CAUSE)

        const events = await world.outbox()
        expect((await banned()).bans.map(({ userId: id }) => id)).toEqual([userId(2)])
        expect(events.map(({ type }) => type)).toContain('user.banned.v1')
      })

      it('waits for a ban that is being stored, and includes it with an earlier date', async () => {
        await add(aUser())
        const banning = await holdBan(userId())
        const listing = banned()
        await world.untilWaiting(1)

        await world.clock.advance({ seconds: 1 })
        const storedAt = await world.clock.now()
        await banning.commit()

        const { bans, asOf } = await listing
        expect(bans.map(({ userId: id }) => id)).toEqual([userId()])
        expect(asOf).toBeGreaterThanOrEqual(storedAt)
      })

      it('delays bans while it reads, so that they are dated after it', async () => {
        await add(aUser())
        let asOf = Number.NaN
        const listing = await hold(world.userWork, async ({ users }) => {
          asOf = (await users.banned()).asOf
        })
        const banning = ban(userId())
        await world.untilWaiting(1)

        await world.clock.advance({ seconds: 1 })
        await listing.commit()
        await banning

        expect((await world.userQueries.find(userId()))?.bannedAt).toBeGreaterThanOrEqual(asOf + 1_000)
      })

      it('returns exactly the bans dated before it, among 20 concurrent bans and 20 listings', async () => {
        const ids = Array.from({ length: 20 }, (_, n) => userId(n))
        for (const id of ids) await add(aUser({ id }))

        const listings = await race(20, async (n) => {
          const [listing] = await Promise.all([banned(), ban(userId(n))])
          return listing
        })

        const bannedAt = new Map<UserId, number>()
        for (const id of ids) bannedAt.set(id, (await world.userQueries.find(id))?.bannedAt ?? Number.NaN)
        for (const { bans, asOf } of listings) {
          const userIds = bans.map(({ userId: id }) => id)
          for (const [id, at] of bannedAt) {
            // Both times are whole milliseconds, so either result is right when they are equal.
            if (at !== asOf) expect({ id, listed: userIds.includes(id) }).toEqual({ id, listed: at < asOf })
          }
        }
      })
    })
  })

  describe('UserQueries', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    it('returns a user by id, or undefined for an unknown id', async () => {
      await world.userWork.run(({ users }) => users.add(aUser({ name: null })))

      expect(await world.userQueries.find(userId())).toEqual(aUser({ name: null }).state)
      expect(await world.userQueries.find(userId(2))).toBeUndefined()
    })

    it('returns for every known user whether it is banned, and omits unknown ids', async () => {
      for (const n of [1, 2]) await world.userWork.run(({ users }) => users.add(aUser({ id: userId(n) })))
      await new BanUser(world.userWork).ban(userId(2), CAUSE)

      const bans = await world.userQueries.bans([userId(1), userId(2), userId(3), userId(1)])

      expect(bans).toEqual(
        new Map([
          [userId(1), false],
          [userId(2), true],
        ]),
      )
      expect((await world.userQueries.bans([])).size).toBe(0)
    })

    it('sees nothing that is not committed', async () => {
      const adding = await hold(world.userWork, ({ users }) => users.add(aUser()))

      const during = await world.userQueries.find(userId())
      await adding.commit()

      expect(during).toBeUndefined()
      expect(await world.userQueries.find(userId())).toBeDefined()
    })
  })
}
