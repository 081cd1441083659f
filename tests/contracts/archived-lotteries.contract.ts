import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { bearer } from '../support/access.ts'
import { aSubmit, ballotId, CAUSE, date, userId } from '../support/builders.ts'
import type { ArchivingWorld } from './archiving-world.ts'

/** 270 ballots, every third one excluded. */
const LARGE = date('2026-01-05')
/** Three ballots, all of them excluded. */
const UNWON = date('2026-01-06')
/** One ballot. */
const SINGLE = date('2026-01-07')
const EMPTY = date('2026-01-20')
const LATER = date('2026-02-03')
/** Closed, in a month that never leaves. */
const LATEST = date('2026-03-09')
const OPEN = date('2026-03-10')
const SIZES = new Map([
  [LARGE, 270],
  [UNWON, 3],
  [SINGLE, 1],
  [EMPTY, 0],
  [LATER, 5],
  [LATEST, 4],
  [OPEN, 3],
])
const CLOSED = [LARGE, UNWON, SINGLE, EMPTY, LATER, LATEST]
const HEADERS = ['content-type', 'etag', 'cache-control'] as const

interface Remembered {
  readonly status: number
  readonly text: string
  readonly headers: readonly unknown[]
}

/** What the API answers before and after lotteries have left the database. `names` picks the facts that are checked. */
export function archivedLotteriesContract(open: () => Promise<ArchivingWorld>, names = /./): void {
  const fact = (name: string, check: () => Promise<void>, ms?: number) => names.test(name) && it(name, check, ms)

  describe('lotteries whose ballots leave the database', () => {
    let world: ArchivingWorld
    let app: FastifyInstance
    let users: readonly [ada: UserId, bob: UserId, carol: UserId]

    beforeEach(async () => {
      world = await open()
      users = [await register('ada'), await register('bob'), await register('carol')]
      for (const [day, size] of SIZES) {
        const turn = day === UNWON ? () => 1 : (n: number) => n % 3
        const commands = Array.from({ length: size }, (_, n) =>
          aSubmit({ userId: users[turn(n)] as UserId, date: day, ...(n === 0 && { idempotencyKey: 'once' }) }),
        )
        if (size === 0) await world.parts.lottery.createLottery.execute(day, CAUSE)
        await world.parts.lottery.submitBallots.execute(commands)
      }
      await world.parts.user.banUser.ban(users[1], CAUSE)
      await world.moveTo('2026-03-10T12:00:00Z')
      for (const day of CLOSED) await world.parts.lottery.closeLottery.execute(day, CAUSE)
      for (const day of CLOSED) await world.parts.lottery.keepEvidence.execute(day)
      await freshApp()
    })

    afterEach(async () => {
      await app.close()
      await world.close()
    })

    fact(
      'answer byte for byte as before, from the archive and once they are back',
      async () => {
        const before = await answers()
        expect(before.size).toBeGreaterThan(500)

        await world.leave('2026-01')
        await world.leave('2026-02')
        await freshApp()
        expect(differences(before, await answers())).toEqual([])
        expect(new Set(world.archive.calls)).toEqual(
          new Set(['holds', 'ballot', 'ballots', 'ballotsOf', 'entries', 'subtrees']),
        )

        await world.comeBack('2026-01')
        await freshApp()
        expect(differences(before, await answers())).toEqual([])
      },
      120_000,
    )

    fact(
      'answer without the archive what their evidence says, and refuse the rest until the archive is back',
      async () => {
        const paths = ['', '/evidence', '/checkpoint'].map((path) => `/lotteries/${LARGE}${path}`)
        paths.push(`/lotteries/winner?date=${LARGE}`)
        const id = await idAt(LARGE, 7)
        const before = await Promise.all(paths.map(get))
        await world.leave('2026-01')
        await freshApp()
        world.archive.isAway = true

        expect(before.map(({ status }) => status)).toEqual([200, 200, 200, 200])
        expect(await Promise.all(paths.map(get))).toEqual(before)
        for (const path of [
          `/lotteries/${LARGE}/ballots/${id}`,
          `/lotteries/${LARGE}/ballots/${ballotId(99)}`,
          `/lotteries/${LARGE}/ballots`,
          `/lotteries/${LARGE}/ballots/${id}/proof`,
          `/lotteries/${LARGE}/ballots/${id}/proof?size=9`,
          `/lotteries/${LARGE}/consistency?from=7&to=270`,
          `/lotteries/${LARGE}/ledger`,
          `/users/${users[0]}/ballots`,
        ]) {
          const { status, text, headers } = await get(path)
          expect([path, status, JSON.parse(text).code]).toEqual([path, 503, 'archive_unavailable'])
          expect(headers.join()).not.toContain('immutable')
        }
        world.archive.isAway = false
        expect((await get(`/lotteries/${LARGE}/ballots/${id}`)).status).toBe(200)
      },
    )

    fact('give a repeated submit its ballot, and refuse another submit', async () => {
      const submit = (key: string, user = users[0]) =>
        app.inject({
          method: 'POST',
          url: '/lotteries/submit',
          headers: { 'idempotency-key': key },
          payload: { user_id: user, date: LATER },
        })
      const before = await submit('once')
      await world.leave('2026-02')

      const after = await submit('once')

      expect([before.statusCode, before.headers['idempotency-replayed']]).toEqual([201, 'true'])
      expect([after.statusCode, after.headers['idempotency-replayed'], after.body]).toEqual([201, 'true', before.body])
      expect((await submit('twice')).json()).toMatchObject({ code: 'lottery_closed' })
      expect((await submit('once', userId(99))).json()).toMatchObject({ code: 'user_not_found' })
    })

    fact('give the repeated ballots of a batch, and refuse the others one by one', async () => {
      const ballot = (key: string, user = users[0]) => ({ user_id: user, date: LATER, idempotency_key: key })
      const ballots = [ballot('once'), ballot('twice'), ballot('once', userId(99)), ballot('once')]
      const send = async () => {
        const headers = await bearer('agent')
        const sent = await app.inject({
          method: 'POST',
          url: '/lotteries/submit/batch',
          headers,
          payload: { ballots },
        })
        return sent.json<{ results: { status: number; receipt?: object }[] }>().results
      }
      const before = await send()
      await world.leave('2026-02')
      const after = await send()
      world.archive.isAway = true
      const away = await send()

      expect(before.map(({ status }) => status)).toEqual([201, 409, 404, 201])
      expect(after.map(({ status }) => status)).toEqual([201, 409, 404, 201])
      expect(after.map(({ receipt }) => receipt)).toEqual(before.map(({ receipt }) => receipt))
      expect(away.map(({ status }) => status)).toEqual([503, 503, 404, 503])
    })

    fact('do not cost a question to the archive where the database has all', async () => {
      const id = await idAt(LATEST, 2)
      await world.leave('2026-01')
      world.archive.calls.length = 0

      for (const path of [
        `/lotteries/${LATEST}/ballots/${id}`,
        `/lotteries/${LATEST}/ballots/${id}/proof`,
        `/lotteries/${LATEST}/ballots`,
        `/lotteries/${LATEST}/ballots?limit=2`,
        `/lotteries/${LATEST}/ledger`,
        `/lotteries/${LATEST}/evidence`,
        `/lotteries/${LARGE}/evidence`,
        `/lotteries/${OPEN}/ballots`,
        `/users/${users[0]}/ballots?limit=2`,
      ])
        expect([path, (await get(path)).status]).toEqual([path, 200])
      expect((await get(`/lotteries/${OPEN}/ballots/${ballotId(99)}`)).status).toBe(404)
      expect(world.archive.calls).toEqual([])

      expect((await get(`/lotteries/${LATEST}/ballots/${ballotId(99)}`)).status).toBe(404)
      expect(world.archive.calls).toEqual(['holds'])
    })

    fact('have no ballots and no ledgers that they never had', async () => {
      await world.leave('2026-01')
      const id = await idAt(LATEST, 1)

      for (const [path, code] of [
        [`/lotteries/${LARGE}/ballots/${ballotId(99)}`, 'ballot_not_found'],
        [`/lotteries/${LARGE}/ballots/${id}`, 'ballot_not_found'],
        [`/lotteries/${LARGE}/ballots/${ballotId(99)}/proof`, 'ballot_not_found'],
        ['/lotteries/2026-01-21/ballots', 'lottery_not_found'],
        ['/lotteries/2026-01-21/ledger', 'lottery_not_found'],
        [`/lotteries/winner?date=${UNWON}`, 'lottery_without_winner'],
      ] as const) {
        const { status, text } = await get(path)
        expect([path, status, JSON.parse(text).code]).toEqual([path, 404, code])
      }
      expect((await get(`/lotteries/${LARGE}/consistency?from=3&to=271`)).status).toBe(422)
    })

    it.each([3, 40])('list a user whose months leave and come back between pages of %i', async (limit) => {
      const whole = (await walk(`/users/${users[0]}/ballots`, 100)).items
      const moves = [
        () => world.leave('2026-01'),
        () => world.leave('2026-02'),
        () => world.comeBack('2026-01'),
        () => world.leave('2026-01'),
        () => world.comeBack('2026-02'),
        () => world.comeBack('2026-01'),
      ]
      let pages = 0
      const between = async () => {
        pages += 1
        if (pages % 2 === 1) await moves[((pages - 1) / 2) % moves.length]?.()
      }

      expect((await walk(`/users/${users[0]}/ballots`, limit, between)).items).toEqual(whole)
    })

    fact('list each ballot of a user once while the archive and the database have them', async () => {
      const whole = await get(`/users/${users[0]}/ballots?limit=100`)
      await world.leave('2026-01')
      await world.comeBack('2026-01')
      world.archive.months.add('2026-01')

      expect(await get(`/users/${users[0]}/ballots?limit=100`)).toEqual(whole)
      expect(world.archive.calls).toContain('ballotsOf')
    })

    fact('list a user whose newer ballots are in the archive, while older ones are back', async () => {
      const whole = await get(`/users/${users[0]}/ballots?limit=4`)
      await world.leave('2026-02')

      expect(await get(`/users/${users[0]}/ballots?limit=4`)).toEqual(whole)
      world.archive.calls.length = 0
      const { cursor } = await walk(`/users/${users[0]}/ballots`, 4)
      expect(cursor).not.toBe('')
      expect(world.archive.calls.filter((call) => call === 'ballotsOf').length).toBeLessThan(5)
    })

    fact('are found by a read that began before they came back', async () => {
      const paths = [
        `/lotteries/${LARGE}/ballots/${await idAt(LARGE, 7)}`,
        `/lotteries/${LARGE}/ballots?limit=3`,
        `/lotteries/${LARGE}/consistency?from=7&to=270`,
        `/users/${users[0]}/ballots?limit=100`,
      ]
      for (const path of paths) {
        const before = await get(path)
        await world.leave('2026-01')
        world.archive.beforeNextAnswer = () => world.comeBack('2026-01')

        expect(await get(path)).toEqual(before)
      }
    })

    async function register(name: string): Promise<UserId> {
      const person = { email: `${name}@example.org`, name: null }
      return (await world.parts.user.registerUser.execute(person, CAUSE)).user.id
    }

    /** Another app, which remembers no response. */
    async function freshApp(): Promise<void> {
      app = await buildApp({ ...world.parts, metrics: new Registry() }, { maxEventLoopDelayMs: 0 })
    }

    async function get(path: string): Promise<Remembered> {
      const { statusCode, payload, headers } = await app.inject(path)
      return { status: statusCode, text: payload, headers: HEADERS.map((name) => headers[name]) }
    }

    async function idAt(day: CalendarDate, ordinal: number): Promise<string> {
      return (await walk(`/lotteries/${day}/ballots`, 100)).items[ordinal - 1]?.id ?? ''
    }

    /** Reads all pages of a list. */
    async function walk(list: string, limit: number, between: () => Promise<void> = async () => {}) {
      const items: { readonly id: string }[] = []
      const pages: [path: string, page: Remembered][] = []
      let cursor = ''
      for (;;) {
        const path = `${list}?limit=${limit}${cursor && `&cursor=${cursor}`}`
        const page = await get(path)
        const body = JSON.parse(page.text) as { items: { id: string }[]; next_cursor: string | null }
        pages.push([path, page])
        items.push(...body.items)
        if (body.next_cursor === null) return { items, pages, cursor }
        cursor = body.next_cursor
        await between()
      }
    }

    /** Every answer of the API about the lotteries, by its path. */
    async function answers(): Promise<Map<string, Remembered>> {
      const found = new Map<string, Remembered>()
      const paths: string[] = []
      for (const [day, size] of SIZES) {
        for (const path of ['', '/evidence', '/ledger', '/checkpoint']) paths.push(`/lotteries/${day}${path}`)
        paths.push(`/lotteries/winner?date=${day}`)
        for (const limit of [17, 100]) {
          for (const [path, page] of (await walk(`/lotteries/${day}/ballots`, limit)).pages) found.set(path, page)
        }
        const { items } = await walk(`/lotteries/${day}/ballots`, 100)
        for (const [n, { id }] of items.entries()) {
          paths.push(`/lotteries/${day}/ballots/${id}`)
          if (n % 9 > 0 && n < 267) continue
          paths.push(`/lotteries/${day}/ballots/${id}/proof`)
          for (const larger of new Set([n + 1, Math.min(n + 2, size), Math.max(n + 1, Math.min(256, size)), size]))
            paths.push(`/lotteries/${day}/ballots/${id}/proof?size=${larger}`)
        }
        for (const from of [0, 1, 2, 100, 255, 256, 257].filter((from) => from <= size && size > 0))
          paths.push(`/lotteries/${day}/consistency?from=${from}&to=${size}`)
      }
      for (const user of users) {
        for (const limit of [7, 100]) {
          for (const [path, page] of (await walk(`/users/${user}/ballots`, limit)).pages) found.set(path, page)
        }
      }
      while (paths.length > 0) {
        const some = paths.splice(0, 8)
        for (const [n, answer] of (await Promise.all(some.map(get))).entries()) found.set(some[n] as string, answer)
      }
      return found
    }
  })
}

/** The paths that are answered otherwise, and what they say now. Documents of problems differ by the id of the request. */
function differences(before: ReadonlyMap<string, Remembered>, after: ReadonlyMap<string, Remembered>): unknown[] {
  const bodyOf = ({ status, text }: Remembered) => (status >= 400 ? JSON.parse(text).code : text)
  const isSame = (a: Remembered, b: Remembered) => bodyOf(a) === bodyOf(b) && a.headers.join() === b.headers.join()
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  return paths.filter((path) => {
    const [was, is] = [before.get(path), after.get(path)]
    return !was || !is || was.status !== is.status || !isSame(was, is)
  })
}
