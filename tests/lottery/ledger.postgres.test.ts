import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import type { SubmitBallotCommand, SubmitOutcome } from '../../src/lottery/application/submit-command.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { QUICKNET } from '../../src/lottery/domain/entropy.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { createPool } from '../../src/shared/infrastructure/postgres-pool.ts'
import type { Receipt } from '../../src/verify/document.ts'
import { rootOfPath } from '../../src/verify/merkle.ts'
import { ascii, dayOf, u32, u64 } from '../../src/verify/primitives.ts'
import { accepted, aSubmit, CAUSE, date, userId, verdict } from '../support/builders.ts'
import { faultyClients } from '../support/faulty-client.ts'
import { composed, SIGNER } from '../support/ledger.ts'
import { PostgresService, type Replica, race, submit, tally } from '../support/postgres-service.ts'
import { naiveLeaf as leaf, naiveNode as node, sha256 } from '../support/rfc6962.ts'
import { evidenceOf, linesIn, openCheckpoint, verdictOn } from '../support/verifying.ts'

const DAY = date('2031-05-14')
const NEXT_DAY = date('2031-05-15')
const NOON = '2031-05-14T12:00:00Z'
const MIDNIGHT = '2031-05-15T00:00:01Z'
const KEY = SIGNER.verifierKey
const IMMUTABLE = 'public, max-age=31536000, immutable'

let service: PostgresService
let replica: Replica
let app: FastifyInstance

async function open(): Promise<void> {
  service = await PostgresService.open(NOON)
  replica = await service.replica()
  app = await buildApp(replica, { maxEventLoopDelayMs: 0 })
}

async function close(): Promise<void> {
  await app.close()
  await service.stop()
}

describe('the ledger of 600 ballots submitted at once in batches of mixed sizes, with refusals', () => {
  let outcomes: SubmitOutcome[]
  let entries: Buffer[]

  afterAll(close)
  beforeAll(async () => {
    await open()
    const other = await service.replica()
    const users = await service.users(4)
    const banned = users.pop() as UserId
    await service.query('update users set banned_at = clock_timestamp() where id = $1', [banned])
    const batches = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 100, 60, 40, 20, 4, 1].map((size, batch) => {
      const commands = Array.from({ length: size }, (_, n) => aSubmit({ userId: users[n % 3] as UserId, date: DAY }))
      commands.splice(size >> 1, 0, aSubmit({ userId: batch % 2 ? banned : userId(), date: DAY }))
      return commands
    })

    const answers = await race(batches.length, (n) =>
      (n % 2 ? other : replica).lottery.submitBallots.execute(batches[n] as SubmitBallotCommand[]),
    )
    outcomes = answers.flat()
    entries = await entriesOf(DAY)
  })

  it('has every accepted ballot as a leaf, and its root and stored subtrees follow from the rows', async () => {
    const stored = await service.query<{ level: number; index: string; hash: Buffer }>(
      'select level, index, hash from ledger_subtrees order by level, index',
    )

    expect(tally(outcomes.map(verdict))).toEqual({ accepted: 600, user_banned: 8, user_not_found: 9 })
    expect(entries).toHaveLength(600)
    expect(await rowOf(DAY)).toEqual({ size: 600, root: naiveRoot(entries) })
    expect(stored.map(({ level, index, hash }) => [level, Number(index), hash.toString('hex')])).toEqual([
      [8, 0, naiveRoot(entries.slice(0, 256))],
      [8, 1, naiveRoot(entries.slice(256, 512))],
    ])
  })

  it('keeps the promise of every checkpoint: it is signed, includes its ballot, and is a prefix of the ledger', async () => {
    const { size, root } = await rowOf(DAY)
    const promised = new Map<number, string>()
    for (const outcome of outcomes) {
      if (outcome.kind === 'refused') continue
      const checkpoint = openCheckpoint(outcome.checkpoint, KEY)
      expect(checkpoint?.origin).toBe(`lottery.local/${DAY}`)
      expect(checkpoint?.size).toBeGreaterThanOrEqual(outcome.ballot.ordinal)
      promised.set(checkpoint?.size ?? 0, checkpoint?.root ?? '')
    }

    expect(promised.size).toBe(17)
    for (const [from, oldRoot] of promised) {
      expect(oldRoot).toBe(naiveRoot(entries.slice(0, from)))
      const { proof } = await json<{ proof: string[] }>(`/lotteries/${DAY}/consistency?from=${from}&to=${size}`)
      expect(rootOfConsistency(from, size, oldRoot, proof)).toBe(root)
    }
  })

  it('proves over HTTP that it includes its ballots, at its current size and at earlier sizes', async () => {
    const { root } = await rowOf(DAY)
    const ids = await service.query<{ id: string }>('select id from ballots order by ordinal')

    const everyFifth = ids.map(({ id }, index) => ({ id, index })).filter(({ index }) => index % 5 === 4)
    for (const { id, index } of everyFifth) {
      const ordinal = index + 1
      const leafHash = leaf(entries[index] as Buffer).toString('hex')
      const proven = await json<Inclusion>(`/lotteries/${DAY}/ballots/${id}/proof`)
      expect(proven).toMatchObject({ ordinal, size: 600, root, leaf_hash: leafHash })
      expect(rootOf(proven)).toBe(root)
    }
    for (const [ordinal, size] of [
      [1, 1],
      [1, 2],
      [255, 256],
      [256, 256],
      [257, 257],
      [1, 511],
      [300, 599],
      [600, 600],
    ] as const) {
      const proven = await json<Inclusion>(`/lotteries/${DAY}/ballots/${ids[ordinal - 1]?.id}/proof?size=${size}`)
      expect(proven).toMatchObject({ ordinal, size, root: naiveRoot(entries.slice(0, size)) })
      expect(rootOf(proven)).toBe(proven.root)
    }
  }, 60_000)

  it('refuses sizes that it never had', async () => {
    const [{ id } = { id: '' }] = await service.query<{ id: string }>('select id from ballots where ordinal = 10')
    const status = async (path: string) => (await app.inject(`/lotteries/${DAY}/${path}`)).statusCode

    expect(await status(`ballots/${id}/proof?size=9`)).toBe(422)
    expect(await status(`ballots/${id}/proof?size=601`)).toBe(422)
    for (const size of ['0', '-1', '1.5', 'x', '', '1e2', '010', '1'.repeat(16), '10&size=11']) {
      expect([size, await status(`ballots/${id}/proof?size=${size}`)]).toEqual([size, 400])
    }
    expect(await status(`ballots/${id}/proof?limit=1`)).toBe(400)
    expect(await status(`ballots/${userId()}/proof`)).toBe(404)
    expect(await status('consistency?from=11&to=10')).toBe(422)
    expect(await status('consistency?from=10&to=601')).toBe(422)
    expect(await status('consistency?from=10')).toBe(400)
    expect((await app.inject(`/lotteries/${NEXT_DAY}/checkpoint`)).statusCode).toBe(404)
    expect((await app.inject(`/lotteries/${NEXT_DAY}/ledger`)).statusCode).toBe(404)
    expect((await app.inject(`/lotteries/${NEXT_DAY}/consistency?from=1&to=1`)).statusCode).toBe(404)
  })

  it('has consistency proofs between any two sizes around its stored subtrees', async () => {
    const sizes = [1, 2, 255, 256, 257, 511, 512, 513, 599, 600]
    for (const from of sizes) {
      for (const to of sizes.filter((size) => size >= from)) {
        const { proof } = await json<{ proof: string[] }>(`/lotteries/${DAY}/consistency?from=${from}&to=${to}`)
        const oldRoot = naiveRoot(entries.slice(0, from))
        expect([from, to, rootOfConsistency(from, to, oldRoot, proof)]).toEqual([
          from,
          to,
          naiveRoot(entries.slice(0, to)),
        ])
      }
    }
  })
})

describe('a receipt', () => {
  beforeEach(open)
  afterEach(close)

  it('has the ledger entry, the salt that binds it to the user, its leaf hash, and a signed checkpoint that includes it', async () => {
    const [ada] = (await service.users(1)) as [UserId]

    const receipt = await receiptOf(ada, 'a-key')

    const day = u32(dayOf(DAY))
    const commit = sha256(ascii('LSU1'), Buffer.from(receipt.salt, 'hex'), uuidBytes(ada))
    const accepted = u64(Date.parse(receipt.submitted_at))
    const entry = Buffer.concat([ascii('LSB1'), day, uuidBytes(receipt.id), commit, accepted])
    expect(receipt.entry).toBe(entry.toString('hex'))
    expect(receipt.leaf_hash).toBe(leaf(entry).toString('hex'))
    expect(openCheckpoint(receipt.checkpoint, KEY)).toEqual({
      origin: `lottery.local/${DAY}`,
      size: 1,
      root: receipt.leaf_hash,
    })
  })

  it('that is replayed has the same entry and salt, with a current checkpoint', async () => {
    const [ada] = (await service.users(1)) as [UserId]

    const first = await receiptOf(ada, 'a-key')
    await receiptOf(ada, 'another-key')
    const replayed = await receiptOf(ada, 'a-key')

    expect({ ...replayed, checkpoint: '' }).toEqual({ ...first, checkpoint: '' })
    expect(openCheckpoint(replayed.checkpoint, KEY)).toMatchObject({ size: 2 })
    expect(await rowOf(DAY)).toMatchObject({ size: 2 })
  })

  it('is the only place of the salt, besides the evidence when the ballot wins', async () => {
    const [ada] = (await service.users(1)) as [UserId]
    const { id, salt } = await receiptOf(ada, 'a-key')
    await service.clock.moveTo(MIDNIGHT)
    await replica.lottery.closingSchedule.wake()

    const paths = ['', '/ballots', `/ballots/${id}`, `/ballots/${id}/proof`, '/ledger', '/checkpoint']
    const answers = await Promise.all(paths.map(async (path) => (await app.inject(`/lotteries/${DAY}${path}`)).body))
    answers.push((await app.inject(`/users/${ada}/ballots`)).body)
    answers.push(JSON.stringify(await service.query('select * from outbox')), JSON.stringify(service.log))

    expect(answers.filter((body) => body.includes(salt))).toEqual([])
    expect((await evidenceOf(app, DAY)).winners).toMatchObject([{ salt }])
  })
})

describe('a batch whose commit fails', () => {
  beforeEach(open)
  afterEach(close)

  it('leaves the ledger unchanged, and the next batch continues from there', async () => {
    const [ada] = (await service.users(1)) as [UserId]
    const { Client, breakNext } = faultyClients()
    const pool = createPool({ url: service.url, max: 2, Client })
    const commands = Array.from({ length: 300 }, () => aSubmit({ userId: ada, date: DAY }))
    await submit(replica, aSubmit({ userId: ada, date: DAY }))
    const before = await rowOf(DAY)

    breakNext(/^commit$/i, 'before', 2)
    const failed = composed(pool).lottery.submitBallots.execute(commands)
    await expect(failed).rejects.toMatchObject({ code: 'outcome_unknown' })
    const after = await rowOf(DAY)
    const subtrees = await service.query('select from ledger_subtrees')
    const [outcome] = await composed(pool).lottery.submitBallots.execute(commands)
    await pool.end()

    expect(after).toEqual(before)
    expect(subtrees).toEqual([])
    expect(accepted(outcome).ordinal).toBe(2)
    expect(await rowOf(DAY)).toEqual({ size: 301, root: naiveRoot(await entriesOf(DAY)) })
  })
})

describe('the public responses about a ledger', () => {
  let ada: UserId
  let receipts: Receipt[]

  afterEach(close)
  beforeEach(async () => {
    await open()
    ;[ada] = (await service.users(1)) as [UserId]
    receipts = []
    for (const key of ['1', '2', '3', '4', '5']) receipts.push(await receiptOf(ada, key))
  })

  it('are signed and complete, without an ETag, while the ledger grows', async () => {
    const checkpoint = await app.inject(`/lotteries/${DAY}/checkpoint`)
    const ledger = await app.inject(`/lotteries/${DAY}/ledger`)

    expect(openCheckpoint(checkpoint.body, KEY)).toEqual({ origin: `lottery.local/${DAY}`, ...(await rowOf(DAY)) })
    expect(checkpoint.body).toBe(receipts.at(-1)?.checkpoint)
    expect(ledger.body).toBe(receipts.map(({ entry }) => `${entry}\n`).join(''))
    for (const { headers } of [checkpoint, ledger]) {
      expect(headers['content-type']).toMatch(/^text\/plain/)
      expect([headers.etag, headers['cache-control']]).toEqual([undefined, undefined])
    }
    const evidence = await app.inject(`/lotteries/${DAY}/evidence`)
    expect([evidence.statusCode, evidence.json<{ code: string }>().code]).toEqual([404, 'lottery_not_closed'])
  })

  it('have an ETag and are immutable after the seal, and answer 304 when the caller sends it', async () => {
    const [{ id } = { id: '' }] = receipts
    await service.clock.moveTo(MIDNIGHT)
    await replica.lottery.closingSchedule.wake()

    for (const path of ['checkpoint', 'ledger', 'evidence', `ballots/${id}/proof?size=5`, 'consistency?from=2&to=5']) {
      const url = `/lotteries/${DAY}/${path}`
      const { statusCode, headers, body } = await app.inject(url)
      const again = await app.inject({ url, headers: { 'if-none-match': String(headers.etag) } })
      expect([path, statusCode, headers['cache-control']]).toEqual([path, 200, IMMUTABLE])
      expect(headers.etag).toMatch(/^"[^"]+"$/)
      expect([path, again.statusCode, again.body]).toEqual([path, 304, ''])
      expect((await app.inject(url)).body).toBe(body)
    }
  })

  it('include evidence that verifies with the whole ledger and every receipt, and agrees with the other responses', async () => {
    await service.clock.moveTo(MIDNIGHT)
    await replica.lottery.closingSchedule.wake()

    const evidence = await evidenceOf(app, DAY)
    const lottery = await json<{ winner_ballot_id: string; seal_hash: string }>(`/lotteries/${DAY}`)
    const winner = await json<{ id: string; ordinal: number }>(`/lotteries/winner?date=${DAY}`)

    const { body } = await app.inject(`/lotteries/${DAY}/ledger`)
    const auditLog = (await app.inject('/audit/log')).body
    const checkpoint = (await app.inject('/audit/checkpoint')).body
    for (const receipt of receipts) {
      const given = { key: KEY, ledger: linesIn(body), auditLog: linesIn(auditLog), receipt: JSON.stringify(receipt) }
      expect(await verdictOn(app, DAY, { ...given, checkpoint })).toEqual({ verdict: 3, failed: [] })
    }
    expect(lottery).toMatchObject({ winner_ballot_id: winner.id, seal_hash: evidence.seal_hash })
    expect(evidence.winners).toMatchObject([{ rank: 1, ordinal: winner.ordinal, ballot_id: winner.id }])
    expect(receipts[winner.ordinal - 1]).toMatchObject({ id: winner.id, entry: evidence.winners[0]?.entry })
  })

  it('hide the secret until the draw, and show its commitment from the creation on', async () => {
    const open = await json<{ entropy: { commitment: string } }>(`/lotteries/${DAY}`)
    const [{ secret } = { secret: Buffer.alloc(0) }] = await service.query<{ secret: Buffer }>(
      'select secret from entropy_secrets',
    )
    const paths = ['', '/ledger', '/checkpoint', '/evidence', '/ballots']
    const bodies = await Promise.all(paths.map(async (path) => (await app.inject(`/lotteries/${DAY}${path}`)).body))
    bodies.push(JSON.stringify(await service.query('select data from outbox')))
    await service.clock.moveTo(MIDNIGHT)
    await replica.lottery.closingSchedule.wake()

    expect(bodies.filter((body) => body.includes(secret.toString('hex')))).toEqual([])
    expect((await evidenceOf(app, DAY)).entropy).toEqual({
      kind: 'commit-reveal',
      commitment: open.entropy.commitment,
      secret: secret.toString('hex'),
    })
  })

  it('name the key, the entropy of new lotteries and the beacon', async () => {
    expect(await json('/keys')).toEqual({
      verifier_key: KEY,
      entropy: 'commit-reveal',
      beacon: { beacon_id: 'quicknet', chain_hash: QUICKNET.chainHash, public_key: QUICKNET.publicKey },
    })
  })
})

describe('the chain of all seals', () => {
  beforeEach(open)
  afterEach(close)

  it('has every lottery, the empty one too, and overdue lotteries in the order of their days', async () => {
    const [ada] = (await service.users(1)) as [UserId]
    const days = ['2031-05-14', '2031-05-15', '2031-05-16', '2031-05-17', '2031-05-18'].map(date) as [
      CalendarDate,
      ...CalendarDate[],
    ]
    for (const day of [...days].reverse()) await replica.lottery.createLottery.execute(day, CAUSE)
    for (const day of days.filter((day) => day !== days[1])) await submit(replica, aSubmit({ userId: ada, date: day }))

    await service.clock.moveTo('2031-05-15T00:00:01Z')
    await replica.lottery.closingSchedule.wake()
    await service.clock.moveTo('2031-05-16T00:00:01Z')
    await replica.lottery.closingSchedule.wake()
    await service.clock.moveTo('2031-05-19T08:00:00Z')
    await replica.lottery.closingSchedule.wake()

    const chain = await chainOf()
    expect(chain.map((seal) => seal.date)).toEqual(days)
    expectUnbroken(chain)
    for (const [n, day] of days.entries()) {
      const evidence = await evidenceOf(app, day)
      const previous = n === 0 ? '00'.repeat(32) : (await evidenceOf(app, days[n - 1] as CalendarDate)).seal_hash
      expect(evidence.seal.slice(-64)).toBe(previous)
      expect((await verdictOn(app, day)).failed).toEqual([])
    }
  })

  it('has no gap after 20 callers race to close two lotteries', async () => {
    const others = await Promise.all([service.replica(6), service.replica(6)])
    const [ada] = (await service.users(1)) as [UserId]
    for (const day of [DAY, NEXT_DAY]) await submit(replica, aSubmit({ userId: ada, date: day }))
    await service.clock.moveTo('2031-05-16T00:00:01Z')

    const closed = await race(20, (n) =>
      (others[n % 3] ?? replica).lottery.closeLottery.execute(n % 4 < 2 ? DAY : NEXT_DAY, CAUSE),
    )

    const chain = await chainOf()
    expect(chain).toHaveLength(2)
    expectUnbroken(chain)
    expect(new Set(closed.map(({ seal }) => Buffer.from(seal?.hash ?? []).toString('hex')))).toEqual(
      new Set(chain.map(({ hash }) => hash.toString('hex'))),
    )
  })
})

interface Inclusion {
  readonly ordinal: number
  readonly size: number
  readonly leaf_hash: string
  readonly root: string
  readonly proof: readonly string[]
}

interface SealRow {
  readonly date: string
  readonly number: number
  readonly previous: Buffer
  readonly hash: Buffer
}

async function json<T>(url: string): Promise<T> {
  const answer = await app.inject(url)
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}: ${answer.body}`)
  return answer.json<T>()
}

async function receiptOf(user: UserId, key: string): Promise<Receipt> {
  const answer = await app.inject({
    method: 'POST',
    url: '/lotteries/submit',
    headers: { 'idempotency-key': key },
    payload: { user_id: user, date: DAY },
  })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return answer.json<Receipt>()
}

/** The ledger entries, computed from the rows as the specification defines them. */
async function entriesOf(day: CalendarDate): Promise<Buffer[]> {
  const rows = await service.query<{ id: string; user_id: string; user_salt: Buffer; submitted_at: Date }>(
    'select id, user_id, user_salt, submitted_at from ballots where lottery_date = $1 order by ordinal',
    [day],
  )
  return rows.map(({ id, user_id, user_salt, submitted_at }) => {
    const commit = sha256(ascii('LSU1'), user_salt, uuidBytes(user_id))
    return Buffer.concat([ascii('LSB1'), u32(dayOf(day)), uuidBytes(id), commit, u64(submitted_at.getTime())])
  })
}

/** Size and root of a lottery's row. The root is folded from the compact range, smallest subtree first. */
async function rowOf(day: CalendarDate): Promise<{ size: number; root: string }> {
  const [{ size, range } = { size: 0, range: Buffer.alloc(0) }] = await service.query<{ size: number; range: Buffer }>(
    'select ballot_count::int as size, ledger_range as range from lotteries where date = $1',
    [day],
  )
  const hashes = Array.from({ length: range.length / 32 }, (_, n) => range.subarray(32 * n, 32 * n + 32))
  return { size, root: hashes.reduceRight((right, left) => node(left, right)).toString('hex') }
}

async function chainOf(): Promise<SealRow[]> {
  return service.query<SealRow>(
    'select lottery_date::text as date, number::int, previous_hash as previous, hash from seals order by number',
  )
}

function expectUnbroken(chain: readonly SealRow[]): void {
  for (const [n, { number, previous }] of chain.entries()) {
    expect(number).toBe(n + 1)
    expect(previous).toEqual(chain[n - 1]?.hash ?? Buffer.alloc(32))
  }
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

/** The Merkle tree hash, written as in RFC 6962 section 2.1. */
function naiveRoot(entries: readonly Buffer[]): string {
  const rootOf = (from: number, to: number): Buffer => {
    if (to - from === 1) return leaf(entries[from] as Buffer)
    let k = 1
    while (2 * k < to - from) k *= 2
    return node(rootOf(from, from + k), rootOf(from + k, to))
  }
  return rootOf(0, entries.length).toString('hex')
}

function rootOf({ leaf_hash, ordinal, size, proof }: Inclusion): string | undefined {
  return rootOfPath(Buffer.from(leaf_hash, 'hex'), ordinal - 1, size, proof)
}

/** The root of `to` leaves by RFC 9162 section 2.1.4.2; undefined when the proof contradicts the root of `from`. */
function rootOfConsistency(from: number, to: number, oldRoot: string, proof: readonly string[]): string | undefined {
  if (from === to) return proof.length === 0 ? oldRoot : undefined
  const path = proof.map((hash) => Buffer.from(hash, 'hex'))
  if (Number.isInteger(Math.log2(from))) path.unshift(Buffer.from(oldRoot, 'hex'))
  let [fn, sn] = [from - 1, to - 1]
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1]
  let [old, root] = [path[0] as Buffer, path[0] as Buffer]
  for (const hash of path.slice(1)) {
    if (sn === 0) return undefined
    if (fn % 2 === 1 || fn === sn) {
      ;[old, root] = [node(hash, old), node(hash, root)]
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1]
    } else {
      root = node(root, hash)
    }
    ;[fn, sn] = [fn >> 1, sn >> 1]
  }
  return sn === 0 && old.toString('hex') === oldRoot ? root.toString('hex') : undefined
}
