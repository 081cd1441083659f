import { createHash, createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bearer } from '../../support/access.ts'
import { TODAY, TOMORROW, userId, YESTERDAY } from '../../support/builders.ts'
import { expectProblem, rowsStored, serve } from '../../support/http.ts'
import { SIGNER } from '../../support/ledger.ts'

const TOMORROW_DAY = Date.parse(TOMORROW) / 86_400_000

/** The ledger entry (lottery-draw-v1 section 1) of a ballot for tomorrow, submitted at noon of today. */
function ledgerEntryOf({ id, user_id, salt }: { id: string; user_id: string; salt: string }): string {
  const bytes = (text: string) => Buffer.from(text.replaceAll('-', ''), 'hex')
  const commit = sha256(Buffer.concat([Buffer.from('LSU1'), bytes(salt), bytes(user_id)]))
  const [day, at] = [Buffer.alloc(4), Buffer.alloc(8)]
  day.writeUInt32BE(TOMORROW_DAY)
  at.writeBigUInt64BE(BigInt(Date.parse('2026-03-10T12:00:00Z')))
  return Buffer.concat([Buffer.from('LSB1'), day, bytes(id), commit, at]).toString('hex')
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** Tells whether a note is signed by the key that the service publishes. */
function isSigned(note: string): boolean {
  const [text = '', line = ''] = note.split('\n\n')
  const signature = Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(4)
  const key = Buffer.from(SIGNER.verifierKey.split('+').slice(2).join('+'), 'base64').subarray(1)
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key])
  return verify(null, Buffer.from(`${text}\n`), createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature)
}

const OPERATOR = await bearer('operator')
const KEY = { 'idempotency-key': 'try-1' }

describe('submitting a ballot', () => {
  it('answers with a receipt, and Location leads to the ballot', async () => {
    const { call, parts } = await serve()
    const user_id = await parts.register()

    const receipt = await call('POST /lotteries/submit', { user_id, date: TOMORROW })
    const { location } = receipt.headers
    const [ballot, owned] = [await call(`GET ${location}`), await call(`GET ${location}`, undefined, OPERATOR)]

    expect(receipt.status).toBe(201)
    expect(receipt.headers.location).toBe(`/lotteries/${TOMORROW}/ballots/${receipt.body.id}`)
    expect(receipt.headers).not.toHaveProperty('idempotency-replayed')
    expect(receipt.body).toEqual({
      id: expect.any(String),
      user_id,
      lottery_date: TOMORROW,
      ordinal: 1,
      submitted_at: '2026-03-10T12:00:00.000Z',
      entry: expect.stringMatching(/^4c534231[0-9a-f]{120}$/),
      salt: expect.stringMatching(/^[0-9a-f]{32}$/),
      leaf_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      checkpoint: expect.stringMatching(/^lottery\.local\/2026-03-11\n1\n/),
    })
    const { entry, salt, leaf_hash, checkpoint, ...rest } = receipt.body
    const { user_id: _user, ...publicPart } = rest
    expect([ballot.status, ballot.body]).toEqual([200, publicPart])
    expect([owned.status, owned.body]).toEqual([200, rest])
    expect(entry).toBe(ledgerEntryOf({ id: String(rest.id), user_id, salt: String(salt) }))
    expect(leaf_hash).toBe(sha256(Buffer.from(`00${String(entry)}`, 'hex')).toString('hex'))
    expect(String(checkpoint)).toContain(`\n1\n${Buffer.from(String(leaf_hash), 'hex').toString('base64')}\n`)
    expect(isSigned(String(checkpoint))).toBe(true)
  })

  it('means today when the date is left out', async () => {
    const { call, parts } = await serve()
    const user_id = await parts.register()

    expect((await call('POST /lotteries/submit', { user_id })).body).toMatchObject({ lottery_date: TODAY })
    parts.clock.advance({ days: 1 })
    expect((await call('POST /lotteries/submit', { user_id })).body).toMatchObject({ lottery_date: TOMORROW })
  })

  it('returns the same ballot for the same key, also after a ban and after the close', async () => {
    const { call, parts } = await serve()
    const user_id = await parts.register()
    const submit = () => call('POST /lotteries/submit', { user_id, date: TODAY }, KEY)
    const first = await submit()

    const atOnce = await submit()
    expect(await call(`POST /users/${user_id}/ban`, undefined, OPERATOR)).toMatchObject({ status: 204 })
    const banned = await submit()
    parts.clock.advance({ days: 2 })
    await parts.lottery.closeDueLotteries.execute()
    const closed = await submit()

    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    for (const replay of [atOnce, banned, closed]) {
      expect(replay).toMatchObject({ status: 201, body: first.body })
      expect(replay.headers).toMatchObject({ 'idempotency-replayed': 'true', location: first.headers.location })
    }
    expect((await call(`GET /lotteries/${TODAY}`)).body).toMatchObject({ ballot_count: 1 })
  })

  it('makes another ballot for the same key with another user or date', async () => {
    const { call, parts } = await serve()
    const [ada, bob] = [await parts.register(), await parts.register()]

    for (const body of [
      { user_id: ada, date: TODAY },
      { user_id: bob, date: TODAY },
      { user_id: ada, date: TOMORROW },
    ])
      expect((await call('POST /lotteries/submit', body, KEY)).headers).not.toHaveProperty('idempotency-replayed')
  })

  it('requires a date when a key is sent', async () => {
    const { call, parts } = await serve()
    const user_id = await parts.register()

    const problem = expectProblem(await call('POST /lotteries/submit', { user_id }, KEY), 400, 'invalid_request')

    expect(problem.errors).toEqual([{ in: 'body', field: 'date', detail: expect.stringContaining('Idempotency-Key') }])
  })

  it.each(['', ' ', 'two words', 'é', 'x'.repeat(256)])('refuses the key "%s"', async (key) => {
    const { call, parts } = await serve()
    const user_id = await parts.register()

    const refused = await call('POST /lotteries/submit', { user_id, date: TODAY }, { 'idempotency-key': key })

    expect(expectProblem(refused, 400, 'invalid_request').errors).toMatchObject([{ in: 'header' }])
  })

  it('is refused for unknown and banned users, and for days that are over, closed or too far ahead', async () => {
    const { call, parts } = await serve()
    const [ada, bob] = [await parts.register(), await parts.register()]
    await call(`POST /users/${bob}/ban`, undefined, OPERATOR)
    await call('POST /lotteries/create', { date: TODAY })
    const before = rowsStored(parts)
    const submit = (user_id: string, date: string) => call('POST /lotteries/submit', { user_id, date })

    expectProblem(await submit(userId(), TODAY), 404, 'user_not_found')
    expectProblem(await submit(bob, TODAY), 403, 'user_banned')
    expectProblem(await submit(ada, YESTERDAY), 422, 'lottery_date_past')
    expectProblem(await submit(ada, '2027-03-12'), 422, 'lottery_date_too_far')
    parts.clock.advance({ days: 1 })
    await parts.lottery.closeDueLotteries.execute()
    expectProblem(await submit(ada, TODAY), 409, 'lottery_closed')
    expect(rowsStored(parts)).toBe(before)
  })

  it('succeeds and is stored once when the answer to its COMMIT is lost', async () => {
    const { call, parts } = await serve()
    const user_id = await parts.register()
    await call('POST /lotteries/create', { date: TODAY })

    parts.database.failNextCommit('stored')
    const receipt = await call('POST /lotteries/submit', { user_id, date: TODAY })

    expect(receipt).toMatchObject({ status: 201, body: { user_id, ordinal: 1 } })
    expect(receipt.headers).not.toHaveProperty('idempotency-replayed')
    expect((await call(`GET /lotteries/${TODAY}`)).body).toMatchObject({ ballot_count: 1 })
  })

  it('answers outcome_unknown when the ballot may be stored, and a retry with the same key returns it', async () => {
    const { call, parts } = await serve()
    const user_id = await parts.register()
    await call('POST /lotteries/create', { date: TODAY })
    const submit = () => call('POST /lotteries/submit', { user_id, date: TODAY }, KEY)
    const commit = parts.database.commit.bind(parts.database)
    parts.database.commit = (transaction) => {
      parts.database.failNextCommit('stored')
      commit(transaction)
    }

    const lost = await submit()
    parts.database.commit = commit
    const again = await submit()

    expectProblem(lost, 503, 'outcome_unknown')
    expect(lost.headers['retry-after']).toMatch(/^[123]$/)
    expect(again.headers['idempotency-replayed']).toBe('true')
  })
})
