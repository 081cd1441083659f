import { createPublicKey, verify } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { rootFromInclusion } from '../../../src/ledger/domain/merkle-tree.ts'
import { canonicalText } from '../../contracts/audit-log.contract.ts'
import { bearer } from '../../support/access.ts'
import { CAUSE, SECRET, TODAY, TOMORROW } from '../../support/builders.ts'
import { type Body, expectProblem, type Service, serve, TOKEN } from '../../support/http.ts'
import { SIGNER } from '../../support/ledger.ts'
import { NaiveTree, naiveLeaf, provesConsistency } from '../../support/rfc6962.ts'

/** DER prefix of SubjectPublicKeyInfo before a raw Ed25519 key (RFC 8410 section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
/** Number of entries: lotteries today and tomorrow, six users, a ban and an unban. */
const ENTRIES = 10
const UNKNOWN_USER = 'user/0190f5fe-7c00-7a00-8000-000000000001'

let service: Service
let ada: string

beforeEach(async () => {
  service = await serve()
  const { call, parts } = service
  ada = String((await call('POST /users', { email: 'ada@example.org', name: 'Ada Lovelace' })).body.id)
  for (let n = 0; n < 5; n += 1) await parts.register()
  for (const date of [TODAY, TOMORROW]) await call('POST /lotteries/create', { date })
  const operator = await bearer('operator', 'olivia')
  for (const verb of ['ban', 'unban']) await call(`POST /users/${ada}/${verb}`, undefined, operator)
  await parts.auditLog.sequenceEvents.execute()
})

const get = async (url: string): Promise<Body> => (await service.call(`GET ${url}`)).body
const items = async (query: string) => (await get(`/audit${query}`)).items ?? []
const eventsOf = async (query: string) => (await items(query)).map(({ event }) => event as Record<string, unknown>)
const hashes = (hex: unknown) => (hex as string[]).map((hash) => Buffer.from(hash, 'hex'))
const lines = async () => (await service.call('GET /audit/checkpoint')).text.split('\n')

/** The tree over the listed events, computed as a client would. */
async function listedTree(): Promise<NaiveTree> {
  return new NaiveTree((await eventsOf('?limit=100')).map((event) => naiveLeaf(Buffer.from(canonicalText(event)))))
}

describe('listing the audit log', () => {
  it('shows for every event its actor, aggregate, time and request, in order', async () => {
    const { body } = await service.call('GET /audit')

    expect(body.next_cursor).toBeNull()
    expect(body.items).toHaveLength(ENTRIES)
    expect(body.items?.map(({ index }) => index)).toEqual(Array.from({ length: ENTRIES }, (_, n) => n))
    expect(body.items?.[8]).toEqual({
      index: 8,
      event: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        type: 'user.banned.v1',
        aggregate: `user/${ada}`,
        seq: 2,
        occurred_at: '2026-03-10T12:00:00.000Z',
        actor: expect.stringMatching(/^operator:[0-9a-f]{32}$/) as string,
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        data: { user_id: ada },
      },
    })
  })

  it.each([1, 3, 5, 9, 10])('shows every entry once in pages of %i', async (limit) => {
    const walked: unknown[] = []
    let pages = 0

    for (let query: string | null = `?limit=${limit}`; query !== null; pages += 1) {
      const { items: found = [], next_cursor } = await get(`/audit${query}`)
      walked.push(...found)
      query = next_cursor ? `?limit=${limit}&cursor=${next_cursor}` : null
    }

    expect(pages).toBe(Math.ceil(ENTRIES / limit))
    expect(walked).toEqual(await items('?limit=100'))
  })

  it('filters by aggregate, by type, or by both, page by page', async () => {
    const user = encodeURIComponent(`user/${ada}`)
    const indexes = async (query: string) => (await items(query)).map(({ index }) => index)

    expect(await indexes(`?aggregate=${user}`)).toEqual([0, 8, 9])
    expect(await indexes('?type=lottery.created.v1')).toEqual([6, 7])
    expect(await indexes(`?aggregate=${user}&type=user.banned.v1`)).toEqual([8])
    expect(await indexes(`?aggregate=${UNKNOWN_USER}`)).toEqual([])
    const { next_cursor } = await get(`/audit?aggregate=${user}&limit=2`)
    expect(await indexes(`?aggregate=${user}&limit=2&cursor=${next_cursor}`)).toEqual([9])
  })

  it('shows an event only after it is in the log', async () => {
    await service.parts.register()

    expect(await items('')).toHaveLength(ENTRIES)
    await service.parts.auditLog.sequenceEvents.execute()
    expect(await items('')).toHaveLength(ENTRIES + 1)
  })
})

describe('the checkpoint of the audit log', () => {
  it('is a note over the root of the listed events, signed with the published key', async () => {
    const { headers, text } = await service.call('GET /audit/checkpoint')
    const { verifier_key } = await get('/keys')
    const [, name, keyId, key = ''] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(String(verifier_key)) ?? []
    const typedKey = Buffer.from(key, 'base64')
    const [, signed = '', signature = ''] = /^(.+\n)\n— lottery\.local (\S+)\n$/s.exec(text) ?? []

    expect(headers['content-type']).toMatch(/^text\/plain\b/)
    const root = (await listedTree()).root(ENTRIES)
    expect(signed).toBe(`lottery.local/audit\n${ENTRIES}\n${Buffer.from(root).toString('base64')}\n`)
    expect([name, typedKey[0]]).toEqual(['lottery.local', 1])
    const raw = Buffer.from(signature, 'base64')
    expect(raw.subarray(0, 4).toString('hex')).toBe(keyId)
    const spki = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, typedKey.subarray(1)]),
      format: 'der',
      type: 'spki',
    })
    expect(verify(null, Buffer.from(signed), spki, raw.subarray(4))).toBe(true)
  })

  it('changes as the log grows, and is never cacheable', async () => {
    const { headers } = await service.call('GET /audit/checkpoint')
    await service.parts.register()
    await service.parts.auditLog.sequenceEvents.execute()

    expect((await lines())[1]).toBe(`${ENTRIES + 1}`)
    expect(headers).not.toHaveProperty('etag')
    expect(headers['cache-control'] ?? '').not.toMatch(/immutable|max-age=[1-9]/)
  })

  it('of an empty log has the root of the empty tree', async () => {
    const empty = await serve()

    const { text } = await empty.call('GET /audit/checkpoint')

    expect(text).toMatch(/^lottery\.local\/audit\n0\n47DEQpj8HBSa\+\/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n/)
    expect((await empty.call('GET /audit')).body).toEqual({ items: [], next_cursor: null })
    expectProblem(await empty.call('GET /audit/0/proof'), 404, 'audit_entry_not_found')
    expectProblem(await empty.call('GET /audit/consistency?from=1&to=1'), 422, 'ledger_size')
  })
})

describe('the inclusion proof of an entry', () => {
  it('leads from the canonical JSON of the listed event to the root of the checkpoint', async () => {
    const [, size, root = ''] = await lines()

    for (const { index, event } of await items('')) {
      const { size: within, leaf_hash, root: claimed, proof, ...answer } = await get(`/audit/${String(index)}/proof`)
      const leaf = naiveLeaf(Buffer.from(canonicalText(event)))
      expect([answer, within, leaf_hash]).toEqual([{ index }, Number(size), leaf.toString('hex')])
      expect(claimed).toBe(Buffer.from(root, 'base64').toString('hex'))
      const computed = rootFromInclusion(leaf, Number(index), Number(size), hashes(proof))
      expect(computed).toEqual(Buffer.from(root, 'base64'))
    }
  })

  it('for an earlier size leads to the root that the log had at that size', async () => {
    const tree = await listedTree()

    for (const [index, size] of [
      [0, 1],
      [3, 4],
      [3, 7],
      [6, 7],
      [8, 9],
    ] as const) {
      const { leaf_hash, proof, ...answer } = await get(`/audit/${index}/proof?size=${size}`)
      expect(answer).toEqual({ index, size, root: Buffer.from(tree.root(size)).toString('hex') })
      expect(hashes([leaf_hash])).toEqual([tree.hash(index, index + 1)])
      expect(hashes(proof)).toEqual(tree.path(index, size))
    }
  })

  it('is immutable for a given size, and only then', async () => {
    const { headers, text } = await service.call('GET /audit/3/proof?size=7')
    const present = await service.call('GET /audit/3/proof')
    await service.parts.register()
    await service.parts.auditLog.sequenceEvents.execute()
    const etag = String(headers.etag)

    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await service.call('GET /audit/3/proof?size=7')).text).toBe(text)
    const known = await service.call('GET /audit/3/proof?size=7', undefined, { 'if-none-match': etag })
    expect(known).toMatchObject({ status: 304, text: '' })
    for (const other of ['/audit/3/proof?size=8', '/audit/4/proof?size=7', '/audit/3/proof']) {
      expect((await service.call(`GET ${other}`, undefined, { 'if-none-match': etag })).status).toBe(200)
    }
    expect(present.headers).not.toHaveProperty('etag')
  })

  it('is refused for an entry that is not in the log, or not in the log of that size', async () => {
    await service.parts.register() // recorded, but not in the log yet

    for (const index of [ENTRIES, 999_999_999_999_999]) {
      expectProblem(await service.call(`GET /audit/${index}/proof`), 404, 'audit_entry_not_found')
    }
    for (const size of [1, 3, ENTRIES + 1, 999_999_999_999_999]) {
      expectProblem(await service.call(`GET /audit/3/proof?size=${size}`), 422, 'ledger_size')
    }
  })
})

describe('the inclusion proof of an entry as text', () => {
  const asText = { accept: 'text/plain' }

  it('is a tlog-proof that ends with the checkpoint of its size', async () => {
    const tree = await listedTree()
    const base64 = (hash: Uint8Array) => `${Buffer.from(hash).toString('base64')}\n`
    const checkpointOf = (size: number) => SIGNER.sign({ origin: 'lottery.local/audit', size, root: tree.root(size) })

    for (const [index, size] of [
      [0, 1],
      [3, 7],
      [8, ENTRIES],
    ] as const) {
      const { headers, text } = await service.call(`GET /audit/${index}/proof?size=${size}`, undefined, asText)
      const hashes = tree.path(index, size).map(base64).join('')
      expect(text).toBe(`c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes}\n${checkpointOf(size)}`)
      expect(headers['content-type']).toMatch(/^text\/plain\b/)
      expect(headers).toMatchObject({ vary: 'Accept' })
      expect(headers).not.toHaveProperty('etag') // cosignatures may follow
    }
    const { text } = await service.call('GET /audit/3/proof', undefined, asText)
    expect(text.split('\n\n').slice(1).join('\n\n')).toBe(checkpointOf(ENTRIES))
  })

  it('carries the cosignatures that are stored for its size, as the checkpoint does', async () => {
    const cosigned = `${(await service.call('GET /audit/checkpoint')).text}— witness.example AAAA\n`
    await service.parts.stores.auditLog.cosigned.add({ size: ENTRIES, note: cosigned, cosigners: 1 })

    expect((await service.call('GET /audit/checkpoint')).text).toBe(cosigned)
    expect((await service.call('GET /audit/3/proof', undefined, asText)).text).toContain(`\n\n${cosigned}`)
    expect((await service.call(`GET /audit/3/proof?size=${ENTRIES}`, undefined, asText)).text).toContain(cosigned)
    expect((await service.call('GET /audit/3/proof?size=7', undefined, asText)).text).not.toContain('witness')
    await service.parts.register()
    await service.parts.auditLog.sequenceEvents.execute()
    expect((await service.call('GET /audit/checkpoint')).text).not.toContain('witness')
  })

  it('is refused as JSON', async () => {
    expectProblem(await service.call('GET /audit/99/proof', undefined, asText), 404, 'audit_entry_not_found')
    expect((await service.call('GET /audit/3/proof')).headers).toMatchObject({ vary: 'Accept' })
  })
})

describe('the whole audit log', () => {
  it('is sent as the canonical JSON of one event a line, from any entry to any other', async () => {
    const { headers, text } = await service.call('GET /audit/log')
    const events = await eventsOf('?limit=100')
    const lines = events.map((event) => `${canonicalText(event)}\n`)

    expect(headers['content-type']).toBe('application/x-ndjson')
    expect(text).toBe(lines.join(''))
    for (const [from, to] of [
      [0, 0],
      [0, 3],
      [3, 7],
      [7, ENTRIES],
      [ENTRIES, ENTRIES],
    ] as const) {
      const part = await service.call(`GET /audit/log?from=${from}&to=${to}`)
      expect([part.status, part.text]).toEqual([200, lines.slice(from, to).join('')])
    }
    expect((await service.call('GET /audit/log?from=4')).text).toBe(lines.slice(4).join(''))
  })

  it('is immutable up to a given entry, and only then', async () => {
    const { headers } = await service.call('GET /audit/log?from=2&to=5')
    const known = { 'if-none-match': String(headers.etag) }

    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await service.call('GET /audit/log?from=2&to=5', undefined, known)).status).toBe(304)
    expect((await service.call('GET /audit/log?from=2&to=6', undefined, known)).status).toBe(200)
    expect((await service.call('GET /audit/log')).headers).not.toHaveProperty('etag')
  })

  it('is refused beyond its size, and for decreasing indexes', async () => {
    for (const query of [`from=${ENTRIES + 1}`, `to=${ENTRIES + 1}`, 'from=4&to=3']) {
      expectProblem(await service.call(`GET /audit/log?${query}`), 422, 'ledger_size')
    }
  })

  it('is read from the database page by page, and no further once the client has gone', async () => {
    const { app, parts } = service
    for (let n = 0; n < 2_000; n += 1) await parts.register()
    while (await parts.auditLog.sequenceEvents.execute());
    const pages: number[] = []
    const { queries } = parts.stores.auditLog
    const entries = queries.entries.bind(queries)
    vi.spyOn(queries, 'entries').mockImplementation(async (page) => {
      pages.push(page.limit)
      return (await entries(page)).map(({ index, text }) => ({ index, text: text.padEnd(10_000) }))
    })
    const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/audit/log`

    const response = await fetch(url)
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await vi.waitFor(async () => {
      const before = pages.length
      await setTimeout(20)
      expect(pages.length).toBe(before)
    })
    const stoppedAfter = pages.length
    const whole = await (await fetch(url)).text()

    expect(stoppedAfter).toBeLessThan(4)
    expect(whole.trimEnd().split('\n')).toHaveLength(ENTRIES + 2_000)
    expect(Math.max(...pages)).toBe(500)
  })
})

describe('the consistency proof of the audit log', () => {
  it('holds between any two checkpoints', async () => {
    const tree = await listedTree()
    const head = (size: number) => ({ size, root: tree.root(size) })

    for (let to = 1; to <= ENTRIES; to += 1) {
      for (let from = 1; from <= to; from += 1) {
        const { proof, ...sizes } = await get(`/audit/consistency?from=${from}&to=${to}`)
        expect(sizes).toEqual({ from, to })
        expect(provesConsistency(head(from), head(to), hashes(proof)), `${from} to ${to}`).toBe(true)
      }
    }
  })

  it('from size 0 is empty', async () => {
    expect(await get(`/audit/consistency?from=0&to=${ENTRIES}`)).toEqual({ from: 0, to: ENTRIES, proof: [] })
  })

  it('is immutable', async () => {
    const { headers } = await service.call('GET /audit/consistency?from=3&to=7')
    const known = { 'if-none-match': String(headers.etag) }

    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await service.call('GET /audit/consistency?from=3&to=7', undefined, known)).status).toBe(304)
    expect((await service.call('GET /audit/consistency?from=3&to=8', undefined, known)).status).toBe(200)
  })

  it('is refused for decreasing sizes and for sizes that the log has not reached', async () => {
    for (const [from, to] of [
      [4, 3],
      [3, ENTRIES + 1],
      [ENTRIES + 1, ENTRIES + 1],
    ]) {
      expectProblem(await service.call(`GET /audit/consistency?from=${from}&to=${to}`), 422, 'ledger_size')
    }
  })
})

it('the audit log holds no e-mail address, name, salt, token or subject of a token, and no secret before the draw', async () => {
  const { call, parts } = service
  const key = { 'idempotency-key': 'a-key-of-ada' }
  const receipt = await call('POST /lotteries/submit', { user_id: ada, date: TODAY }, key)
  parts.clock.advance({ days: 1 })
  await parts.lottery.sealLottery.execute(TODAY, CAUSE)
  await parts.auditLog.sequenceEvents.execute()

  const whole = async () => (await call('GET /audit?limit=100')).text
  const sealed = await whole()
  await call(`POST /lotteries/close?date=${TODAY}`, undefined, { 'x-internal-token': TOKEN })
  await parts.auditLog.sequenceEvents.execute()
  const closed = await whole()

  expect([sealed, closed].map((text) => text.match(/lottery\.(sealed|closed)\.v1/g))).toEqual([
    ['lottery.sealed.v1'],
    ['lottery.sealed.v1', 'lottery.closed.v1'],
  ])
  expect(String(receipt.body.salt)).toMatch(/^[0-9a-f]{32}$/)
  const secret = [SECRET.toString('hex'), SECRET.toString('base64'), SECRET.toString('base64url')]
  const always = ['example.org', 'Lovelace', String(receipt.body.salt), TOKEN, 'a-key-of-ada', 'olivia', 'urn:lottery']
  for (const hidden of [...always, ...secret]) expect(sealed).not.toContain(hidden)
  for (const hidden of always) expect(closed).not.toContain(hidden)
})
