import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AuditCheckpoints } from '../../src/audit-log/application/audit-checkpoints.ts'
import type { AuditLogQueries } from '../../src/audit-log/application/audit-log-queries.ts'
import { CheckAuditLog } from '../../src/audit-log/application/check-audit-log.ts'
import { ReadAuditLog } from '../../src/audit-log/application/read-audit-log.ts'
import { SequenceEvents } from '../../src/audit-log/application/sequence-events.ts'
import type { EventDocument } from '../../src/audit-log/domain/audit-log.ts'
import { canonicalJson } from '../../src/audit-log/infrastructure/canonical-json.ts'
import { commitmentTo } from '../../src/lottery/domain/entropy.ts'
import { OutcomeUnknown } from '../../src/shared/application/unavailable.ts'
import { CAUSED_BY_SERVICE } from '../../src/shared/domain/cause.ts'
import { BanUser } from '../../src/user/application/ban-user.ts'
import { aNewLottery, aUser, CAUSE, NOON, SECRET, TODAY, userId } from '../support/builders.ts'
import { hold, race } from '../support/holding.ts'
import { SIGNER } from '../support/ledger.ts'
import { NaiveTree, naiveLeaf } from '../support/rfc6962.ts'
import type { OpenWorld, World } from './world.ts'

export function auditLogContract(open: OpenWorld): void {
  describe('the audit log', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    const register = (n: number) => world.userWork.run(({ users }) => users.add(aUser({ id: userId(n) })))
    const openToday = () => world.lotteryWork.run(({ lotteries }) => lotteries.add(aNewLottery(), SECRET))
    const sequence = () => new SequenceEvents(world.auditLogWork, canonicalJson).execute()
    const entries = (filter: { after?: number; limit?: number; aggregate?: string; type?: string } = {}) =>
      world.auditLogQueries.entries({ after: -1, limit: 5_000, ...filter })
    const documents = async (filter = {}) =>
      (await entries(filter)).map(({ text }) => JSON.parse(text) as EventDocument)
    const aggregates = async (filter = {}) => (await documents(filter)).map(({ aggregate }) => aggregate)
    /** Sequences until no event waits. The log stays locked until the server notices that the connection is broken. */
    const untilNoneWaits = () =>
      vi.waitFor(
        async () => {
          await sequence()
          if ((await world.auditLogQueries.waiting()) > 0) throw new Error('some events are not in the audit log yet')
        },
        { timeout: 2_000, interval: 10 },
      )
    const findings = async () =>
      (await new CheckAuditLog(world.auditLogQueries, world.auditLogCheckQueries, canonicalJson).execute()).findings

    /** Records `count` events: a user is registered, then banned and unbanned in turn. */
    const recordMany = (count: number) =>
      world.userWork.run(async ({ users }) => {
        const user = aUser()
        for (let seq = 2; seq <= count; seq += 1) user[seq % 2 === 0 ? 'ban' : 'unban'](NOON, CAUSE)
        await users.add(user)
      })

    describe('the text of an entry', () => {
      it('is the canonical JSON of every field of the event', async () => {
        await openToday()
        await register(1)
        await sequence()

        const recorded = await world.auditLogQueries.events(0, 9)
        const idOf = (at: number) => recorded.find(({ index }) => index === at)?.event.id

        const shared = { seq: 1, actor: 'anonymous', request_id: CAUSE.requestId }
        const [opened, registered] = [
          {
            id: idOf(0),
            type: 'lottery.created.v1',
            aggregate: `lottery/${TODAY}`,
            ...shared,
            occurred_at: '2026-03-10T00:00:00.000Z',
            data: {
              date: TODAY,
              draw: 'lottery-draw-v2',
              prizes: 1,
              entropy: { kind: 'commit-reveal', commitment: Buffer.from(commitmentTo(SECRET)).toString('hex') },
            },
          },
          {
            id: idOf(1),
            type: 'user.registered.v1',
            aggregate: `user/${userId(1)}`,
            ...shared,
            occurred_at: '2026-03-10T12:00:00.000Z',
            data: { user_id: userId(1) },
          },
        ]
        expect(await entries()).toEqual([
          { index: 0, text: canonicalText(opened) },
          { index: 1, text: canonicalText(registered) },
        ])
        for (const id of [idOf(0), idOf(1)]) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
        expect(idOf(0)).not.toBe(idOf(1))
      })

      it('names the actor and the request, with any characters in their names, and has null without a request', async () => {
        const odd = { actor: 'internal-token', requestId: 'é "\\" \u2028 \u{1f600}' } as const
        await world.userWork.run(async ({ users }) => {
          const user = aUser()
          user.ban(NOON, odd)
          user.unban(NOON, CAUSED_BY_SERVICE)
          await users.add(user)
        })
        await sequence()

        const found = await documents()
        expect(found.map(({ actor, request_id }) => [actor, request_id])).toEqual([
          ['anonymous', CAUSE.requestId],
          ['internal-token', odd.requestId],
          ['service', null],
        ])
        expect((await entries()).map(({ text }) => text)).toEqual(found.map(canonicalText))
        expect(await findings()).toEqual([])
      })
    })

    describe('sequencing', () => {
      it('gives every recorded event one entry, and adds none when it runs again', async () => {
        await register(1)
        await openToday()
        await new BanUser(world.userWork).ban(userId(1), CAUSE)
        expect(await world.auditLogQueries.waiting()).toBe(3)

        expect(await sequence()).toBe(false)
        const first = await entries()
        expect(await sequence()).toBe(false)

        expect(await entries()).toEqual(first)
        expect(first.map(({ index }) => index)).toEqual([0, 1, 2])
        expect((await documents()).map(({ aggregate, seq }) => [aggregate, seq])).toEqual([
          [`user/${userId(1)}`, 1],
          [`lottery/${TODAY}`, 1],
          [`user/${userId(1)}`, 2],
        ])
        expect(await world.auditLogQueries.waiting()).toBe(0)
      })

      it('takes up to 500 events a run, reports whether more may wait, and keeps the order of each aggregate', async () => {
        await recordMany(1_100)

        const turns = [await sequence(), await sequence(), await sequence(), await sequence()]

        expect(turns).toEqual([true, true, false, false])
        expect((await entries()).map(({ index }) => index)).toEqual(Array.from({ length: 1_100 }, (_, n) => n))
        expect((await documents()).map(({ seq }) => seq)).toEqual(Array.from({ length: 1_100 }, (_, n) => n + 1))
        expect(await findings()).toEqual([])
      })

      it('does not miss an event that was written before others and committed after them', async () => {
        const early = await hold(world.userWork, ({ users }) => users.add(aUser({ id: userId(1) })))
        await register(2)
        await sequence()
        const before = await aggregates()
        await early.commit()

        await sequence()

        expect(before).toEqual([`user/${userId(2)}`])
        expect(await aggregates()).toEqual([`user/${userId(2)}`, `user/${userId(1)}`])
        expect(await findings()).toEqual([])
      })

      it.each([
        { how: 'not stored', stored: 0 },
        { how: 'stored', stored: 3 },
      ] as const)('has every event once after a commit that was $how and had no answer', async ({ how, stored }) => {
        for (const n of [1, 2, 3]) await register(n)
        world.failNextCommit(how)

        await expect(sequence()).rejects.toThrow(OutcomeUnknown)
        const after = [(await entries()).length, (await world.auditLogQueries.tree()).size]
        const waiting = await world.auditLogQueries.waiting()
        await untilNoneWaits()

        expect(after).toEqual([stored, stored])
        expect(waiting).toBe(3 - stored)
        expect(await aggregates()).toEqual([1, 2, 3].map((n) => `user/${userId(n)}`))
        expect((await world.auditLogQueries.tree()).size).toBe(3)
        expect(await findings()).toEqual([])
      })

      it.each(['commit', 'rollBack'] as const)(
        'does not wait for a held log, and sequences after its release by %s',
        async (end) => {
          await register(1)
          const holder = await hold(world.auditLogWork, ({ auditLog }) => auditLog.tryLock())

          const whileHeld = [await sequence(), (await entries()).length]
          await holder[end]()
          await sequence()

          expect(whileHeld).toEqual([false, 0])
          expect(await entries()).toHaveLength(1)
        },
      )

      it('gives every event one entry when 20 run at once', async () => {
        for (let n = 0; n < 20; n += 1) await register(n)

        await race(20, sequence)
        await sequence()

        expect((await entries()).map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, n) => n))
        expect(new Set(await aggregates()).size).toBe(20)
        expect(await findings()).toEqual([])
      })
    })

    describe('reading', () => {
      it('returns pages, filtered by aggregate or type when given', async () => {
        for (const n of [1, 2, 3]) await register(n)
        await new BanUser(world.userWork).ban(userId(2), CAUSE)
        await openToday()
        await sequence()
        const indexes = async (filter: Parameters<typeof entries>[0]) =>
          (await entries(filter)).map(({ index }) => index)
        const [aggregate, type] = [`user/${userId(2)}`, 'user.registered.v1']

        expect(await indexes({ limit: 2 })).toEqual([0, 1])
        expect(await indexes({ limit: 2, after: 1 })).toEqual([2, 3])
        expect(await indexes({ after: 4 })).toEqual([])
        expect(await indexes({ aggregate })).toEqual([1, 3])
        expect(await indexes({ type })).toEqual([0, 1, 2])
        expect(await indexes({ type, after: 0, limit: 1 })).toEqual([1])
        expect(await indexes({ aggregate, type })).toEqual([1])
        expect(await indexes({ aggregate: 'user/' })).toEqual([])
      })

      it('returns no entries and the root of the empty tree before anything is sequenced', async () => {
        await register(1)

        expect(await entries()).toEqual([])
        expect(await world.auditLogQueries.tree()).toEqual({ size: 0, hashes: [] })
        expect(await findings()).toEqual([])
      })

      it('proves inclusion and consistency as RFC 6962 defines them, over the texts of the entries', async () => {
        await recordMany(700)
        while (await sequence());
        const log = new ReadAuditLog(world.auditLogQueries, new AuditCheckpoints(SIGNER), world.cosigned)
        const tree = new NaiveTree((await entries()).map(({ text }) => naiveLeaf(Buffer.from(text))))
        const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64')

        expect((await log.checkpoint()).split('\n').slice(0, 3)).toEqual([
          'lottery.local/audit',
          '700',
          base64(tree.root(700)),
        ])
        for (const size of [1, 255, 256, 257, 500, 512, 699, 700]) {
          for (const index of [0, 254, 255, 256, 499, 511, 699].filter((place) => place < size)) {
            const { leafHash, root, proof } = await log.inclusion(index, size)
            expect(proof.map(base64), `${index} in ${size}`).toEqual(tree.path(index, size).map(base64))
            expect([root, leafHash].map(base64)).toEqual([tree.root(size), tree.hash(index, index + 1)].map(base64))
          }
          const grown = await log.consistency(size, 700)
          expect(grown.map(base64), `${size} to 700`).toEqual(tree.proof(size, 700).map(base64))
        }
      })
    })

    describe('cosigned checkpoints', () => {
      const checkpoint = (size: number, cosigners: number) => ({ size, cosigners, note: `${size} by ${cosigners}` })

      it('are found by the entries that they cover, the earliest with enough cosigners first', async () => {
        for (const [size, cosigners] of [
          [9, 3],
          [5, 1],
          [7, 2],
        ] as const)
          await world.cosigned.add(checkpoint(size, cosigners))

        expect(await world.cosigned.covering(0, 1)).toEqual(checkpoint(5, 1))
        expect(await world.cosigned.covering(4, 1)).toEqual(checkpoint(5, 1))
        expect(await world.cosigned.covering(4, 2)).toEqual(checkpoint(7, 2))
        expect(await world.cosigned.covering(5, 1)).toEqual(checkpoint(7, 2))
        expect(await world.cosigned.covering(8, 3)).toEqual(checkpoint(9, 3))
        expect(await world.cosigned.covering(8, 4)).toBeUndefined()
        expect(await world.cosigned.covering(9, 1)).toBeUndefined()
      })

      it('of one size are stored again only with more cosigners, and the first one is found', async () => {
        await world.cosigned.add(checkpoint(5, 2))
        await world.cosigned.add({ ...checkpoint(5, 2), note: 'a copy' })
        await world.cosigned.add({ ...checkpoint(5, 1), note: 'fewer' })
        await world.cosigned.add(checkpoint(5, 3))

        expect(await world.cosigned.covering(4, 1)).toEqual(checkpoint(5, 2))
        expect(await world.cosigned.covering(4, 3)).toEqual(checkpoint(5, 3))
        expect(await world.cosigned.newest()).toEqual({ ...checkpoint(5, 3), storedAt: expect.any(Date) as Date })
      })

      it('have a newest one: that of the largest size', async () => {
        expect(await world.cosigned.newest()).toBeUndefined()
        await world.cosigned.add(checkpoint(7, 1))
        await world.cosigned.add(checkpoint(5, 3))

        expect(await world.cosigned.newest()).toMatchObject(checkpoint(7, 1))
      })
    })

    it('passes its check while it grows', async () => {
      await register(1)
      await sequence()
      const { auditLogQueries } = world
      const growing: AuditLogQueries = {
        tree: async () => {
          const tree = await auditLogQueries.tree()
          await register(tree.size + 1)
          await sequence()
          return tree
        },
        entries: (page) => auditLogQueries.entries(page),
        nodes: auditLogQueries.nodes,
        events: (from, to) => auditLogQueries.events(from, to),
        waiting: () => auditLogQueries.waiting(),
      }

      const checked = await new CheckAuditLog(growing, world.auditLogCheckQueries, canonicalJson).execute()

      expect(checked).toEqual({ subject: 'audit log, 1 entries', findings: [] })
    })
  })
}

/** RFC 8785 for the values that events consist of: strings, whole numbers, null, objects and arrays. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(',')}}`
}
