import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Ed25519CheckpointSigner } from '../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { evidenceSchema, toEvidenceBody } from '../../src/lottery/api/evidence-schema.ts'
import { toReceiptBody } from '../../src/lottery/api/receipt-schema.ts'
import { FindEvidence } from '../../src/lottery/application/find-evidence.ts'
import type { LotteryQueries } from '../../src/lottery/application/lottery-queries.ts'
import type { Ballot, BallotId } from '../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { type BeaconChain, commitmentTo, dueAt, QUICKNET, roundForSeal } from '../../src/lottery/domain/entropy.ts'
import { ledgerEntryOf } from '../../src/lottery/domain/ledger-entry.ts'
import { Lottery } from '../../src/lottery/domain/lottery.ts'
import { NO_SEAL } from '../../src/lottery/domain/lottery-state.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { parseEvidence } from '../../src/verify/document.ts'
import { type Check, checkEvidence } from '../../src/verify/evidence.ts'
import { checkLedger, checkReceipt, promisedSize, type Receipt, readLedgerLines } from '../../src/verify/ledger.ts'
import { CAUSE, EVIDENCE } from '../support/builders.ts'
import { sha256 } from '../support/rfc6962.ts'
import { bytes, counting, hexOf, ROUND_1000 } from '../support/vectors.ts'

vi.setConfig({ testTimeout: 30_000 })

const DAY = CalendarDate.parse('2026-11-22')
const MIDNIGHT = CalendarDate.endOf(DAY)
const SIGNER = new Ed25519CheckpointSigner('lottery.local', counting(1, 32))
const OTHER_SIGNER = new Ed25519CheckpointSigner('lottery.local', counting(2, 32))
const SECRET = counting(0, 32)

type Body = ReturnType<typeof toEvidenceBody>
type Kind = 'commit-reveal' | 'drand'

/** Everything that the service publishes of a closed lottery. */
interface PublishedLottery {
  readonly body: Body
  readonly text: string
  readonly lines: readonly string[]
  readonly receipts: readonly Receipt[]
  readonly ballots: readonly Ballot[]
}

/** Key of the beacon in these tests. Its round for the day is 121. */
const beaconKey = new Uint8Array(32).fill(9)
const CHAIN = chainOf({ period: 3, genesis: MIDNIGHT / 1000 - 300 })

describe('verifying the evidence of the service', () => {
  it('accepts a lottery drawn by commit-reveal', async () => {
    const { text, body } = await aLottery()

    expect(failedChecks(text)).toEqual([])
    expect(body.winning_ordinal).not.toBeNull()
  })

  it('accepts a lottery drawn by a beacon', async () => {
    const { text, body } = await aLottery({ kind: 'drand' })

    expect(failedChecks(text, CHAIN.chainHash)).toEqual([])
    expect(body.entropy).toMatchObject({ kind: 'drand', round: 121, late: false })
  })

  it('accepts a lottery that was sealed late', async () => {
    const { text, body } = await aLottery({ kind: 'drand', sealedAt: MIDNIGHT + 3_600_000 })

    expect(failedChecks(text, CHAIN.chainHash)).toEqual([])
    expect(body.entropy).toMatchObject({ kind: 'drand', late: true })
  })

  it('accepts a lottery drawn by quicknet, whose chain hash is built in', async () => {
    expect(failedChecks((await aLateLotteryOfRound1000()).text)).toEqual([])
  })

  it.each(['commit-reveal', 'drand'] as const)('accepts a lottery by %s without ballots', async (kind) => {
    const { text, body } = await aLottery({ kind, ballots: 0 })

    expect(failedChecks(text, CHAIN.chainHash)).toEqual([])
    expect(body).toMatchObject({ winning_ordinal: null, winner: null, ballot_count: 0 })
  })

  it('accepts a lottery in which every ballot is excluded', async () => {
    const { text, body } = await aLottery({ ballots: 3, excluded: [1, 2, 3] })

    expect(failedChecks(text)).toEqual([])
    expect(body).toMatchObject({ winning_ordinal: null, winner: null, ballot_count: 3 })
  })

  it('accepts a lottery with exclusions, and no excluded ballot wins', async () => {
    for (let n = 0; n < 8; n += 1) {
      const { text, body } = await aLottery({ ballots: 9, excluded: [1, 2, 4, 5, 7, 9], secret: counting(n, 32) })

      expect(failedChecks(text)).toEqual([])
      expect([3, 6, 8]).toContain(body.winning_ordinal)
    }
  })

  it('accepts a seal that follows another in the seal chain', async () => {
    const { text, body } = await aLottery({ previous: counting(100, 32) })

    expect(failedChecks(text)).toEqual([])
    expect(body.seal.slice(-64)).toBe(hexOf(counting(100, 32)))
  })

  it('accepts evidence with other whitespace, escapes or field order', async () => {
    const { body } = await aLottery({ excluded: [2] })

    expect(failedChecks(JSON.stringify(body, null, 2))).toEqual([])
    expect(failedChecks(JSON.stringify(body, null, 4).replaceAll('—', '\\u2014'))).toEqual([])
    expect(failedChecks(JSON.stringify(Object.fromEntries(Object.entries(body).reverse())))).toEqual([])
  })

  it('accepts any lottery, and draws the same winner', async () => {
    const lotteries = fc.integer({ min: 0, max: 40 }).chain((ballots) =>
      fc.record({
        ballots: fc.constant(ballots),
        excluded: fc.subarray(Array.from({ length: ballots }, (_, i) => i + 1)),
        secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        previous: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(lotteries, async (given) => {
        const published = await aLottery(given)

        expect(failedChecks(published.text)).toEqual([])
        expect(evidenceSchema.parse(JSON.parse(published.text))).toEqual(published.body)
        expect(await failedLedgerChecks(published, published.lines, published.receipts.at(-1))).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it('accepts beacons of any period and seals at any hour', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 0, max: 200_000 }),
        async (period, age, delay) => {
          const chain = chainOf({ period, genesis: MIDNIGHT / 1000 - age })
          const { text } = await aLottery({ kind: 'drand', chain, sealedAt: MIDNIGHT + delay })

          expect(failedChecks(text, chain.chainHash)).toEqual([])
        },
      ),
      { numRuns: 8 },
    )
  }, 20_000)
})

describe('verifying changed evidence', () => {
  it('refuses any byte replaced by its successor, its other case, a space or a zero', async () => {
    const { text } = await aLottery({ ballots: 5, excluded: [2, 4] })
    const original = Buffer.from(text)
    const accepted: string[] = []
    let tried = 0

    for (const [at, byte] of original.entries()) {
      for (const value of new Set([(byte + 1) % 256, byte ^ 0x20, 0x20, 0x30])) {
        if (value === byte) continue
        const changed = Buffer.from(original)
        changed[at] = value
        tried += 1
        if (isAccepted(changed)) accepted.push(`byte ${at}, ${byte} as ${value}`)
      }
    }

    expect(isAccepted(original)).toBe(true)
    expect(accepted).toEqual([])
    expect(tried).toBeGreaterThan(3 * original.length)
  }, 60_000)

  it('refuses changed bytes in the entropy of a beacon', async () => {
    const { text } = await aLottery({ kind: 'drand' })
    const original = Buffer.from(text)
    const [start, end] = [text.indexOf('"entropy"'), text.indexOf('"seed"')].map((index) =>
      Buffer.byteLength(text.slice(0, index)),
    ) as [number, number]
    const accepted: number[] = []

    for (let at = start; at < end; at += 7) {
      const changed = Buffer.from(original)
      changed[at] = original[at] === 0x30 ? 0x31 : 0x30
      if (isAccepted(changed, CHAIN.chainHash)) accepted.push(at)
    }

    expect(isAccepted(original, CHAIN.chainHash)).toBe(true)
    expect(accepted).toEqual([])
  }, 60_000)

  it('refuses evidence cut off at any byte', async () => {
    const original = Buffer.from((await aLottery()).text)

    for (let length = 0; length < original.length; length += 1) {
      expect(isAccepted(original.subarray(0, length)), `${length} bytes`).toBe(false)
    }
  })

  it('refuses evidence with other text before or after it', async () => {
    const { text } = await aLottery()

    for (const other of [`${text}x`, `${text}${text}`, `\u{feff}${text}`, `x${text}`]) {
      expect(isAccepted(Buffer.from(other))).toBe(false)
    }
    expect(isAccepted(Buffer.from(`${text}\n`))).toBe(true)
  })
})

describe('parsing a malformed document', () => {
  it.each(['surprise', 'toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'refuses the unknown field %s in any object',
    async (key) => {
      const { text } = await aLottery({ excluded: [1] })

      for (const [before, prefix] of [
        ['{"version"', ''],
        ['{"kind"', 'entropy.'],
        ['{"ordinal"', 'exclusions.'],
        ['{"entry"', 'winner.'],
      ] as const) {
        const other = text.replace(before, `{"${key}":1,${before.slice(1)}`)
        expect(other).not.toBe(text)
        expect(() => parseEvidence(other)).toThrow(`${prefix}${key} is an unknown field`)
      }
    },
  )

  it('refuses a document that lacks any one field', async () => {
    for (const { body } of [await aLottery({ excluded: [1] }), await aLottery({ kind: 'drand', excluded: [1] })]) {
      for (const key of Object.keys(body)) {
        expect(() => parseEvidence(JSON.stringify({ ...body, [key]: undefined })), key).toThrow(key)
      }
      for (const key of Object.keys(body.entropy)) {
        const entropy = { ...body.entropy, [key]: undefined }
        expect(() => parseEvidence(JSON.stringify({ ...body, entropy })), key).toThrow('entropy.')
      }
    }
  })

  it('refuses a field of another type', async () => {
    const { body } = await aLottery({ excluded: [1] })
    const values = [null, true, -1, 1.5, 2 ** 53, '', 'x', [], {}, [1], { a: 1 }]
    for (const key of Object.keys(body) as (keyof Body)[]) {
      for (const value of values) {
        const text = JSON.stringify({ ...body, [key]: value })
        expect(isAccepted(Buffer.from(text)), `${key} as ${JSON.stringify(value)}`).toBe(false)
      }
    }
  })

  it.each(['null', '[]', '1', '"text"', 'true', '{}', '', 'not json'])('refuses the document %s', (text) => {
    expect(isAccepted(Buffer.from(text))).toBe(false)
  })

  it.each([
    ['a null exclusion', 'exclusions', [null]],
    ['an exclusion that is a string', 'exclusions', ['x']],
    ['an exclusion of ordinal 0', 'exclusions', [{ ordinal: 0, reason: 'banned' }]],
    ['an exclusion for an unknown reason', 'exclusions', [{ ordinal: 1, reason: 'disliked' }]],
    ['a winner with a short entry', 'winner', { entry: 'aa', proof: [] }],
    ['a proof of arrays', 'winner', { entry: 'aa'.repeat(64), proof: [['aa'.repeat(32)]] }],
    ['a proof of numbers', 'winner', { entry: 'aa'.repeat(64), proof: [1] }],
    ['an unknown kind of entropy', 'entropy', { kind: 'dice' }],
    ['a day that does not exist', 'lottery_date', '2026-02-30'],
    ['a month that does not exist', 'lottery_date', '2026-13-01'],
    ['a key with a terminal escape sequence', 'verifier_key', '\u001b[2Jok+00000000+AAAA'],
    ['another version', 'version', 'lottery-draw-v2'],
  ] as const)('refuses %s and names the field', async (_, key, value) => {
    const { body } = await aLottery()

    expect(() => parseEvidence(JSON.stringify({ ...body, [key]: value }))).toThrow(key)
  })
})

describe('verifying a manipulated draw', () => {
  it('finds a secret other than the committed one', async () => {
    const published = await aLottery()
    const secret = hexOf(counting(1, 32))

    expect(
      failedChecksWith(published.body, { entropy: { ...published.body.entropy, secret } as Body['entropy'] }),
    ).toContain('secret')
  })

  it('finds a ballot that was added after the seal', async () => {
    const [sealed, padded] = [await aLottery({ ballots: 5 }), await aLottery({ ballots: 6 })]

    const mixed = { ballot_count: 6, root: padded.body.root, checkpoint: padded.body.checkpoint }

    expect(failedChecksWith(sealed.body, mixed)).toContain('seal')
  })

  it('finds a winner that was not drawn', async () => {
    const { body } = await aLottery({ ballots: 5 })

    expect(failedChecksWith(body, { winning_ordinal: (body.winning_ordinal ?? 0) === 1 ? 2 : 1 })).toEqual([
      'winning ordinal',
    ])
    expect(failedChecksWith(body, { winning_ordinal: null, winner: null })).toEqual([
      'winning ordinal',
      'winning ballot',
    ])
  })

  it('finds another entry in the place of the winner', async () => {
    const { body, ballots } = await aLottery({ ballots: 5 })
    const other = ballots.find(({ ordinal }) => ordinal !== body.winning_ordinal) as Ballot

    const winner = { entry: hexOf(ledgerEntryOf(other)), proof: body.winner?.proof ?? [] }
    expect(failedChecksWith(body, { winner })).toEqual(['winning ballot'])
  })

  it('finds exclusions that were added, dropped, exchanged or reordered', async () => {
    const { body } = await aLottery({ ballots: 6, excluded: [2, 4] })
    const banned = (...ordinals: number[]) => ordinals.map((ordinal) => ({ ordinal, reason: 'banned' as const }))

    for (const exclusions of [banned(2, 4, 5), banned(2), banned(2, 5), banned(4, 2), banned(2, 2), []]) {
      expect(failedChecksWith(body, { exclusions })).toContain('seal')
    }
    expect(failedChecksWith(body, { exclusions: banned(4, 2) })).toContain('exclusions')
    expect(failedChecksWith(body, { exclusions: banned(2, 99) })).toContain('exclusions')
  })

  it('finds a checkpoint by another key, or of another ledger, day, size or root', async () => {
    const { body } = await aLottery()
    const head = { origin: `lottery.local/${DAY}`, size: body.ballot_count, root: bytes(body.root) }

    expect(failedChecksWith(body, { checkpoint: OTHER_SIGNER.sign(head) })).toEqual(['checkpoint', 'checkpoint fits'])
    for (const other of [
      { ...head, origin: 'lottery.local/2026-11-23' },
      { ...head, origin: `lottery.example/${DAY}` },
      { ...head, size: 1 },
      { ...head, root: sha256() },
    ]) {
      expect(failedChecksWith(body, { checkpoint: SIGNER.sign(other) })).toEqual(['checkpoint fits'])
    }
  })

  it('finds a beacon other than the pinned one', async () => {
    const { text } = await aLottery({ kind: 'drand' })

    expect(failedChecks(text)).toEqual(['beacon'])
  })

  it('finds a signed round that the formula does not give', async () => {
    const { text } = await aLottery({ kind: 'drand', round: { round: 122, late: false } })
    const earlyButLate = await aLottery({ kind: 'drand', round: { round: 120, late: true } })
    const dueButLate = await aLottery({ kind: 'drand', round: { round: 121, late: true } })

    expect(failedChecks(text, CHAIN.chainHash)).toEqual(['beacon round'])
    expect(failedChecks(earlyButLate.text, CHAIN.chainHash)).toEqual(['beacon round'])
    expect(failedChecks(dueButLate.text, CHAIN.chainHash)).toEqual(['beacon round'])
  })

  it('finds a signature of another round', async () => {
    const { body } = await aLottery({ kind: 'drand' })
    const entropy = { ...body.entropy, signature: hexOf(signatureOf(122)) } as Body['entropy']

    expect(failedChecksWith(body, { entropy }, CHAIN.chainHash)).toContain('beacon signature')
  })
})

describe('verifying the whole ledger', () => {
  it('accepts the ledger of the root, which holds the winner', async () => {
    const published = await aLottery({ ballots: 5 })

    expect(await failedLedgerChecks(published, published.lines)).toEqual([])
  })

  it.each([
    ['lacks its last line', (lines: readonly string[]) => lines.slice(0, -1)],
    ['lacks its first line', (lines: readonly string[]) => lines.slice(1)],
    ['has two lines swapped', (lines: readonly string[]) => [lines[1], lines[0], ...lines.slice(2)]],
    ['has an extra line', (lines: readonly string[]) => [...lines, lines[0]]],
    ['has an empty line', (lines: readonly string[]) => [...lines, '']],
    ['has a line in upper case', (lines: readonly string[]) => lines.map((line) => line.toUpperCase())],
    ['has a line with a space after it', (lines: readonly string[]) => lines.map((line) => `${line} `)],
    ['has a line cut off', (lines: readonly string[]) => lines.map((line) => line.slice(0, -2))],
    ['is empty', () => []],
  ])('refuses a ledger that %s', async (_, change) => {
    const published = await aLottery({ ballots: 5 })

    expect(await failedLedgerChecks(published, change(published.lines) as string[])).toContain('ledger')
  })

  it('refuses the ledger of another day', async () => {
    const published = await aLottery({ ballots: 5 })
    const other = await aLottery({ ballots: 5, day: CalendarDate.parse('2026-11-21') })

    expect(await failedLedgerChecks(published, other.lines)).toContain('ledger')
  })
})

describe('verifying a receipt', () => {
  it('accepts the receipt of every ballot', async () => {
    const published = await aLottery({ ballots: 7 })

    for (const receipt of published.receipts) {
      expect(await failedLedgerChecks(published, published.lines, receipt)).toEqual([])
      expect(namesOfFailed(checkReceipt(parseEvidence(published.text), receipt, undefined))).toEqual([])
    }
  })

  it.each([
    ['another salt', { salt: 'ff'.repeat(16) }, ['receipt']],
    ['another user', { user_id: '00000000-0000-7000-8000-00000000ffff' }, ['receipt']],
    ['another ballot', { id: '00000000-0000-7000-8000-00000000ffff' }, ['receipt']],
    ['another time', { submitted_at: '2026-11-22T12:00:00.999Z' }, ['receipt']],
    ['another day', { lottery_date: '2026-11-21' }, ['receipt']],
    ['another leaf', { leaf_hash: 'ff'.repeat(32) }, ['receipt']],
    ['another entry', { entry: 'ff'.repeat(64) }, ['receipt', 'receipt in ledger']],
    ['another ordinal', { ordinal: 1 }, ['receipt in ledger']],
    ['an ordinal after its checkpoint', { ordinal: 4 }, ['receipt checkpoint', 'receipt in ledger']],
    ['an ordinal of 0', { ordinal: 0 }, ['receipt in ledger']],
    ['a salt with extra characters', { salt: `${hexOf(counting(3, 16))}zz` }, ['receipt']],
  ])('refuses a receipt with %s', async (_, change, checks) => {
    const published = await aLottery({ ballots: 5 })
    const receipt = { ...(published.receipts[2] as Receipt), ...change }

    expect(await failedLedgerChecks(published, published.lines, receipt)).toEqual(checks)
  })

  it('refuses a checkpoint by another key', async () => {
    const published = await aLottery({ ballots: 5 })
    const checkpoint = OTHER_SIGNER.sign({ origin: `lottery.local/${DAY}`, size: 5, root: bytes(published.body.root) })

    const receipt = { ...(published.receipts[2] as Receipt), checkpoint }

    expect(await failedLedgerChecks(published, published.lines, receipt)).toEqual([
      'receipt checkpoint',
      'promise kept',
    ])
  })

  it('reports a broken promise when the ledger does not extend the signed root', async () => {
    const published = await aLottery({ ballots: 5 })
    const checkpoint = SIGNER.sign({ origin: `lottery.local/${DAY}`, size: 3, root: sha256() })

    const receipt = { ...(published.receipts[2] as Receipt), checkpoint }

    expect(await failedLedgerChecks(published, published.lines, receipt)).toEqual(['promise kept'])
  })

  it('reports dropped ballots when the ledger does not reach the signed size', async () => {
    const published = await aLottery({ ballots: 5 })
    const longer = await aLottery({ ballots: 8 })

    expect(await failedLedgerChecks(published, published.lines, longer.receipts[7])).toEqual([
      'receipt checkpoint',
      'receipt in ledger',
      'promise kept',
    ])
  })

  it('refuses a checkpoint of another lottery', async () => {
    const published = await aLottery({ ballots: 5 })
    const checkpoint = SIGNER.sign({ origin: 'lottery.local/2026-11-21', size: 5, root: bytes(published.body.root) })

    const receipt = { ...(published.receipts[2] as Receipt), checkpoint }

    expect(await failedLedgerChecks(published, published.lines, receipt)).toEqual(['receipt checkpoint'])
  })
})

describe('the verify command', () => {
  let dir: string
  let published: PublishedLottery
  let server: Server
  let origin: string
  const inDir = (name: string) => join(dir, name)

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'verify-'))
    published = await aLottery({ ballots: 5, excluded: [2] })
    const quicknet = await aLateLotteryOfRound1000()
    const files: Record<string, string> = {
      'evidence.json': published.text,
      'pretty.json': JSON.stringify(published.body, null, 2),
      'drand.json': quicknet.text,
      'changed.json': published.text.replace(/"seed":"./, (found) => `"seed":"${found.endsWith('0') ? '1' : '0'}`),
      'ledger.txt': published.lines.map((line) => `${line}\n`).join(''),
      'short.txt': published.lines
        .slice(0, -1)
        .map((line) => `${line}\n`)
        .join(''),
      'receipt.json': JSON.stringify(published.receipts[2]),
      'empty.json': '{}',
      'null.json': 'null',
      'broken.json': '{\n  "version"\n  :\n}',
      'id.json': JSON.stringify({ ...published.receipts[2], id: '\u001b[2Jok' }),
      'no-network.mjs': `import dns from 'node:dns'
        import net from 'node:net'
        const refuse = () => { throw new Error('the network was used') }
        globalThis.fetch = refuse
        net.connect = net.createConnection = net.Socket.prototype.connect = dns.lookup = refuse`,
    }
    for (const [name, content] of Object.entries(files)) await writeFile(inDir(name), content)
    await writeFile(inDir('bad-utf8.json'), Buffer.concat([Buffer.from(published.text), Buffer.of(0xff)]))

    server = createServer((request, response) => {
      const content = files[request.url?.slice(1) ?? '']
      response.writeHead(content === undefined ? 404 : 200).end(content ?? 'nothing here')
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.close()
    await rm(dir, { recursive: true })
  })

  const offline = (...args: string[]) => run(['--import', inDir('no-network.mjs')], args)
  const online = (...args: string[]) => run([], args)

  it('prints each check and what the draw proves, without any network', async () => {
    const { code, stdout, stderr } = await offline(inDir('evidence.json'))

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const { name } of checkEvidence(parseEvidence(published.text))) expect(stdout).toContain(`ok    ${name}`)
    expect(stdout).toContain(`Lottery of ${DAY}, 5 ballots`)
    expect(stdout).toMatch(/What this proves: the winner follows from [^.]*secret/)
    expect(stdout).toContain('What it does not prove')
    expect(stdout).not.toContain('FAIL')
  })

  it('prints what a draw by a beacon proves', async () => {
    const { code, stdout } = await offline(inDir('drand.json'))

    expect(code).toBe(0)
    expect(stdout).toContain('ok    beacon signature')
    expect(stdout).toMatch(/What this proves: the winner follows from [^.]*public random number/)
  })

  it('checks evidence, a ledger, a receipt and a pinned key together', async () => {
    const { code, stdout } = await offline(
      inDir('pretty.json'),
      '--ledger',
      inDir('ledger.txt'),
      '--receipt',
      inDir('receipt.json'),
      '--key',
      SIGNER.verifierKey,
    )

    expect(code).toBe(0)
    for (const name of ['key', 'ledger', 'winner in ledger', 'receipt', 'receipt in ledger', 'promise kept']) {
      expect(stdout).toContain(`ok    ${name.padEnd(18)}`)
    }
  })

  it('asks for the ledger when only a receipt is given', async () => {
    const { code, stdout } = await offline(inDir('evidence.json'), '--receipt', inDir('receipt.json'))

    expect(code).toBe(0)
    expect(stdout).toContain('Pass --ledger too')
  })

  it('names the failedChecks check of changed evidence, and prints no proof', async () => {
    const { code, stdout } = await offline(inDir('changed.json'))

    expect(code).toBe(1)
    expect(stdout).toContain('FAIL  seed')
    expect(stdout).toContain('Not verified')
    expect(stdout).not.toContain('What this proves')
  })

  it('fails for a ledger that lacks a line', async () => {
    const { code, stdout } = await offline(inDir('evidence.json'), '--ledger', inDir('short.txt'))

    expect(code).toBe(1)
    expect(stdout).toContain('FAIL  ledger')
  })

  it('fails for a key other than the pinned one', async () => {
    const { code, stdout } = await offline(inDir('evidence.json'), '--key', OTHER_SIGNER.verifierKey)

    expect(code).toBe(1)
    expect(stdout).toContain('FAIL  key')
  })

  it('reads evidence, ledger and receipt from URLs', async () => {
    const urls = ['--ledger', `${origin}/ledger.txt`, '--receipt', `${origin}/receipt.json`]
    const { code, stdout } = await online(`${origin}/evidence.json`, ...urls)

    expect(code).toBe(0)
    expect(stdout).toContain('ok    promise kept')
  })

  it('cannot fetch a URL when the network is blocked', async () => {
    const { code, stderr } = await offline(`${origin}/evidence.json`)

    expect(code).toBe(1)
    expect(stderr).toContain('the network was used')
  })

  it.each([
    ['no argument', () => [], /^FAIL {2}usage: npm run verify/],
    ['two documents', () => [inDir('evidence.json'), inDir('drand.json')], /^FAIL {2}usage: npm run verify/],
    ['an unknown option', () => [inDir('evidence.json'), '--fast'], /--fast/],
    ['a missing file', () => [inDir('nowhere.json')], /nowhere\.json/],
    ['a missing ledger', () => [inDir('evidence.json'), '--ledger', inDir('nowhere.txt')], /nowhere\.txt/],
    ['a missing receipt', () => [inDir('evidence.json'), '--receipt', inDir('nowhere.json')], /nowhere\.json/],
    ['a URL that returns 404', () => [`${origin}/nowhere`], /returned 404: nothing here/],
    ['a ledger URL that returns 404', () => [inDir('evidence.json'), '--ledger', `${origin}/x`], /returned 404/],
    ['a host that refuses the connection', () => ['http://127.0.0.1:2/'], /ECONNREFUSED/],
    ['bytes that are not UTF-8', () => [inDir('bad-utf8.json')], /utf-8/],
    ['an empty object', () => [inDir('empty.json')], /version is missing or malformed/],
    ['a document that is not JSON', () => [inDir('broken.json')], /JSON/],
    ['a document that is null', () => [inDir('null.json')], /evidence/],
    ['a receipt that is null', () => [inDir('evidence.json'), '--receipt', inDir('null.json')], /receipt/],
    [
      'a receipt with a malformed ballot id',
      () => [inDir('evidence.json'), '--receipt', inDir('id.json')],
      /receipt\.id/,
    ],
    ['a receipt without fields', () => [inDir('evidence.json'), '--receipt', inDir('empty.json')], /receipt/],
  ])('fails with one line for %s', async (_, args, line) => {
    const { code, stderr, stdout } = await online(...args())

    expect({ code, lines: stderr.split('\n').length, stdout }).toEqual({ code: 1, lines: 2, stdout: '' })
    expect(stderr).toMatch(/^FAIL {2}/)
    expect(stderr).toMatch(line)
  })
})

/** Names of the checks that fail when the text is parsed and checked as by the command. */
function failedChecks(text: string, chainHash?: string): string[] {
  return namesOfFailed(checkEvidence(parseEvidence(text), chainHash))
}

function failedChecksWith(body: Body, change: Partial<Body>, chainHash?: string): string[] {
  return failedChecks(JSON.stringify({ ...body, ...change }), chainHash)
}

function isAccepted(document: Uint8Array, chainHash?: string): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(document)
    return failedChecks(text, chainHash).length === 0
  } catch {
    return false
  }
}

async function failedLedgerChecks(
  { text }: PublishedLottery,
  lines: readonly string[],
  receipt?: Receipt,
): Promise<string[]> {
  const evidence = parseEvidence(text)
  const wanted = {
    date: evidence.lottery_date,
    ordinals: new Set([evidence.winning_ordinal ?? 0, receipt?.ordinal ?? 0]),
    sizes: new Set([receipt ? promisedSize(evidence, receipt) : 0]),
  }
  const ledger = await readLedgerLines(asyncLines(lines), wanted, () => {})
  return namesOfFailed([...checkLedger(evidence, ledger), ...(receipt ? checkReceipt(evidence, receipt, ledger) : [])])
}

async function* asyncLines(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

function namesOfFailed(checks: readonly Check[]): string[] {
  return checks.filter(({ holds }) => !holds).map(({ name }) => name)
}

/** Opens a lottery, issues its ballots, seals, closes and publishes it, all with the service's own code. */
async function aLottery(given: GivenLottery = {}): Promise<PublishedLottery> {
  const { kind = 'commit-reveal', day = DAY, ballots: count = 5, excluded = [], secret = SECRET, chain = CHAIN } = given
  const midnight = CalendarDate.endOf(day)
  const sealedAt = given.sealedAt ?? midnight
  const opened = midnight - 86_400_000
  const entropy =
    kind === 'drand'
      ? ({ kind, chainHash: bytes(chain.chainHash), round: 1 } as const)
      : ({ kind, commitment: commitmentTo(secret) } as const)
  const lottery = Lottery.open(day, entropy, opened, CAUSE)
  const ballots: Ballot[] = []
  const receipts: Receipt[] = []
  for (let n = 1; n <= count; n += 1) {
    const salt = counting(n, 16)
    const issued = {
      id: uuid(n) as BallotId,
      userId: uuid(1_000 + (n % 3)) as UserId,
      salt,
      standing: 'active',
    } as const
    const ballot = lottery.issue(issued, opened + 1_000 * n)
    ballots.push(ballot)
    receipts.push(toReceiptBody(ballot, SIGNER.sign({ origin: `lottery.local/${day}`, ...lottery.head })))
  }

  const lastSeal = { number: 3, hash: given.previous ?? NO_SEAL.hash }
  const round = given.round ?? roundForSeal(day, sealedAt, chain)
  lottery.sealWith(
    kind === 'drand' ? { excluded, last: lastSeal, round } : { excluded, last: lastSeal },
    sealedAt,
    CAUSE,
  )
  const reveal = kind === 'drand' ? (given.signature ?? signatureOf(round.round)) : secret
  const ordinal = lottery.winningOrdinal(reveal)
  lottery.close(
    { winner: ordinal === undefined ? undefined : ballots[ordinal - 1], reveal, evidence: EVIDENCE },
    sealedAt + 120_000,
    CAUSE,
  )

  const queries = { find: async () => lottery.state } as Pick<LotteryQueries, 'find'> as LotteryQueries
  const nodes = {
    range: async (_: CalendarDate, from: number, to: number) => ballots.slice(from - 1, to),
    subtrees: async () => [],
  }
  const body = toEvidenceBody(await new FindEvidence(queries, nodes, SIGNER, chain).execute(day))
  const lines = ballots.map((ballot) => hexOf(ledgerEntryOf(ballot)))
  return { body, text: JSON.stringify(body), lines, receipts, ballots }
}

interface GivenLottery {
  readonly kind?: Kind
  readonly day?: CalendarDate
  readonly ballots?: number
  readonly excluded?: readonly number[]
  readonly secret?: Uint8Array
  readonly previous?: Uint8Array
  readonly chain?: BeaconChain
  readonly sealedAt?: number
  readonly round?: { round: number; late: boolean }
  readonly signature?: Uint8Array
}

/** Lottery sealed late, before round 1000 of quicknet was due. That round is from the first day of the chain. */
function aLateLotteryOfRound1000(): Promise<PublishedLottery> {
  return aLottery({
    kind: 'drand',
    day: CalendarDate.parse('2023-08-22'),
    chain: QUICKNET,
    sealedAt: (dueAt(1000, QUICKNET) - 60) * 1000,
    signature: bytes(ROUND_1000.signature),
  })
}

function chainOf({ period, genesis }: { period: number; genesis: number }): BeaconChain {
  const publicKey = bls12_381.shortSignatures.getPublicKey(beaconKey).toBytes()
  const [head, groupHash] = [Buffer.alloc(12), sha256(Buffer.from('group'))]
  head.writeUInt32BE(period, 0)
  head.writeBigInt64BE(BigInt(genesis), 4)
  return {
    beaconId: 'test-net',
    scheme: 'bls-unchained-g1-rfc9380',
    period,
    genesis,
    chainHash: hexOf(sha256(head, publicKey, groupHash, Buffer.from('test-net'))),
    groupHash: hexOf(groupHash),
    publicKey: hexOf(publicKey),
  }
}

function signatureOf(round: number): Uint8Array {
  const { shortSignatures } = bls12_381
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(round))
  const point = shortSignatures.hash(sha256(message), 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_')
  return shortSignatures.sign(point, beaconKey).toBytes()
}

function uuid(n: number): string {
  return `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
}

/** Runs the command as a child process. */
function run(flags: string[], args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...flags, 'src/verify/main.ts', ...args], (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
}
