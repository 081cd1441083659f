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
import { NO_PREVIOUS_SEAL } from '../../src/lottery/domain/seal.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { parseEvidence } from '../../src/verify/document.ts'
import { type Check, checkEvidence } from '../../src/verify/evidence.ts'
import { checkLedger, checkReceipt, promisedSize, type Receipt, readLedgerLines } from '../../src/verify/ledger.ts'
import { CAUSE } from '../support/builders.ts'
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

/** A lottery that was lived through: what the service publishes of it. */
interface Told {
  readonly body: Body
  readonly text: string
  readonly lines: readonly string[]
  readonly receipts: readonly Receipt[]
  readonly ballots: readonly Ballot[]
}

/** A beacon of the test's own, whose round for the day is 121. */
const beaconKey = new Uint8Array(32).fill(9)
const CHAIN = chainOf({ period: 3, genesis: MIDNIGHT / 1000 - 300 })

describe('the verifier accepts what the service publishes', () => {
  it('of a lottery drawn by commit and reveal', async () => {
    const { text, body } = await aLottery()

    expect(failed(text)).toEqual([])
    expect(body.winning_ordinal).not.toBeNull()
  })

  it('of a lottery drawn by a beacon', async () => {
    const { text, body } = await aLottery({ kind: 'drand' })

    expect(failed(text, CHAIN.chainHash)).toEqual([])
    expect(body.entropy).toMatchObject({ kind: 'drand', round: 121, late: false })
  })

  it('of a lottery sealed late', async () => {
    const { text, body } = await aLottery({ kind: 'drand', sealedAt: MIDNIGHT + 3_600_000 })

    expect(failed(text, CHAIN.chainHash)).toEqual([])
    expect(body.entropy).toMatchObject({ kind: 'drand', late: true })
  })

  it('of a lottery of quicknet, by the pin it has built in', async () => {
    expect(failed((await aLateLotteryOfRound1000()).text)).toEqual([])
  })

  it.each(['commit-reveal', 'drand'] as const)('of a lottery by %s without ballots', async (kind) => {
    const { text, body } = await aLottery({ kind, ballots: 0 })

    expect(failed(text, CHAIN.chainHash)).toEqual([])
    expect(body).toMatchObject({ winning_ordinal: null, winner: null, ballot_count: 0 })
  })

  it('of a lottery in which nobody may win', async () => {
    const { text, body } = await aLottery({ ballots: 3, excluded: [1, 2, 3] })

    expect(failed(text)).toEqual([])
    expect(body).toMatchObject({ winning_ordinal: null, winner: null, ballot_count: 3 })
  })

  it('of a lottery with exclusions, none of which wins', async () => {
    for (let n = 0; n < 8; n += 1) {
      const { text, body } = await aLottery({ ballots: 9, excluded: [1, 2, 4, 5, 7, 9], secret: counting(n, 32) })

      expect(failed(text)).toEqual([])
      expect([3, 6, 8]).toContain(body.winning_ordinal)
    }
  })

  it('of a lottery that follows another in the chain of seals', async () => {
    const { text, body } = await aLottery({ previous: counting(100, 32) })

    expect(failed(text)).toEqual([])
    expect(body.seal.slice(-64)).toBe(hexOf(counting(100, 32)))
  })

  it('pretty-printed, with fields in another order', async () => {
    const { body } = await aLottery({ excluded: [2] })

    expect(failed(JSON.stringify(body, null, 2))).toEqual([])
    expect(failed(JSON.stringify(body, null, 4).replaceAll('—', '\\u2014'))).toEqual([])
    expect(failed(JSON.stringify(Object.fromEntries(Object.entries(body).reverse())))).toEqual([])
  })

  it('of any lottery, and draws the same winner', async () => {
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
        const told = await aLottery(given)

        expect(failed(told.text)).toEqual([])
        expect(evidenceSchema.parse(JSON.parse(told.text))).toEqual(told.body)
        expect(await ledgerFailures(told, told.lines, told.receipts.at(-1))).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it('of lotteries by beacons of any period and seals of any hour', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 0, max: 200_000 }),
        async (period, age, delay) => {
          const chain = chainOf({ period, genesis: MIDNIGHT / 1000 - age })
          const { text } = await aLottery({ kind: 'drand', chain, sealedAt: MIDNIGHT + delay })

          expect(failed(text, chain.chainHash)).toEqual([])
        },
      ),
      { numRuns: 8 },
    )
  }, 20_000)
})

describe('the verifier refuses evidence with one byte changed', () => {
  it('at any position, to its successor, its other case, a space or a zero', async () => {
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

  it('in the entropy of a beacon', async () => {
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

  it('and evidence cut off anywhere', async () => {
    const original = Buffer.from((await aLottery()).text)

    for (let length = 0; length < original.length; length += 1) {
      expect(isAccepted(original.subarray(0, length)), `${length} bytes`).toBe(false)
    }
  })

  it('and evidence that is followed or preceded by something', async () => {
    const { text } = await aLottery()

    for (const other of [`${text}x`, `${text}${text}`, `\u{feff}${text}`, `x${text}`]) {
      expect(isAccepted(Buffer.from(other))).toBe(false)
    }
    expect(isAccepted(Buffer.from(`${text}\n`))).toBe(true)
  })
})

describe('the verifier refuses documents that are no evidence', () => {
  it.each(['surprise', 'toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'with a field %s that is not of the format, anywhere',
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
        expect(() => parseEvidence(other)).toThrow(`${prefix}${key} is no field of evidence`)
      }
    },
  )

  it('without any one of its fields', async () => {
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

  it('with a field of another type', async () => {
    const { body } = await aLottery({ excluded: [1] })
    const values = [null, true, -1, 1.5, 2 ** 53, '', 'x', [], {}, [1], { a: 1 }]
    for (const key of Object.keys(body) as (keyof Body)[]) {
      for (const value of values) {
        const text = JSON.stringify({ ...body, [key]: value })
        expect(isAccepted(Buffer.from(text)), `${key} as ${JSON.stringify(value)}`).toBe(false)
      }
    }
  })

  it.each(['null', '[]', '1', '"text"', 'true', '{}', '', 'not json'])('that are %s', (text) => {
    expect(isAccepted(Buffer.from(text))).toBe(false)
  })

  it.each([
    ['an exclusion of nothing', 'exclusions', [null]],
    ['an exclusion by text', 'exclusions', ['x']],
    ['an exclusion of ordinal 0', 'exclusions', [{ ordinal: 0, reason: 'banned' }]],
    ['an exclusion for dislike', 'exclusions', [{ ordinal: 1, reason: 'disliked' }]],
    ['a winner cut short', 'winner', { entry: 'aa', proof: [] }],
    ['a proof of lists', 'winner', { entry: 'aa'.repeat(64), proof: [['aa'.repeat(32)]] }],
    ['a proof of numbers', 'winner', { entry: 'aa'.repeat(64), proof: [1] }],
    ['dice for entropy', 'entropy', { kind: 'dice' }],
    ['a day that does not exist', 'lottery_date', '2026-02-30'],
    ['a month that does not exist', 'lottery_date', '2026-13-01'],
    ['a key that rewrites the terminal', 'verifier_key', '\u001b[2Jok+00000000+AAAA'],
    ['another version', 'version', 'lottery-draw-v2'],
  ] as const)('with %s, saying which field it is', async (_, key, value) => {
    const { body } = await aLottery()

    expect(() => parseEvidence(JSON.stringify({ ...body, [key]: value }))).toThrow(key)
  })
})

describe('the verifier finds out', () => {
  it('a re-roll: another secret than the one committed to', async () => {
    const told = await aLottery()
    const secret = hexOf(counting(1, 32))

    expect(failedWith(told.body, { entropy: { ...told.body.entropy, secret } as Body['entropy'] })).toContain('secret')
  })

  it('a ballot that was added after the seal', async () => {
    const [sealed, padded] = [await aLottery({ ballots: 5 }), await aLottery({ ballots: 6 })]

    const mixed = { ballot_count: 6, root: padded.body.root, checkpoint: padded.body.checkpoint }

    expect(failedWith(sealed.body, mixed)).toContain('seal')
  })

  it('a winner who was not drawn', async () => {
    const { body } = await aLottery({ ballots: 5 })

    expect(failedWith(body, { winning_ordinal: (body.winning_ordinal ?? 0) === 1 ? 2 : 1 })).toEqual([
      'winning ordinal',
    ])
    expect(failedWith(body, { winning_ordinal: null, winner: null })).toEqual(['winning ordinal', 'winning ballot'])
  })

  it('another entry in the place of the winner', async () => {
    const { body, ballots } = await aLottery({ ballots: 5 })
    const other = ballots.find(({ ordinal }) => ordinal !== body.winning_ordinal) as Ballot

    const winner = { entry: hexOf(ledgerEntryOf(other)), proof: body.winner?.proof ?? [] }
    expect(failedWith(body, { winner })).toEqual(['winning ballot'])
  })

  it('an exclusion that was added, dropped, exchanged or put out of order', async () => {
    const { body } = await aLottery({ ballots: 6, excluded: [2, 4] })
    const banned = (...ordinals: number[]) => ordinals.map((ordinal) => ({ ordinal, reason: 'banned' as const }))

    for (const exclusions of [banned(2, 4, 5), banned(2), banned(2, 5), banned(4, 2), banned(2, 2), []]) {
      expect(failedWith(body, { exclusions })).toContain('seal')
    }
    expect(failedWith(body, { exclusions: banned(4, 2) })).toContain('exclusions')
    expect(failedWith(body, { exclusions: banned(2, 99) })).toContain('exclusions')
  })

  it('a checkpoint by another key, of another day, size or root', async () => {
    const { body } = await aLottery()
    const head = { origin: `lottery.local/${DAY}`, size: body.ballot_count, root: bytes(body.root) }

    expect(failedWith(body, { checkpoint: OTHER_SIGNER.sign(head) })).toEqual(['checkpoint', 'checkpoint fits'])
    for (const other of [
      { ...head, origin: 'lottery.local/2026-11-23' },
      { ...head, origin: `lottery.example/${DAY}` },
      { ...head, size: 1 },
      { ...head, root: sha256() },
    ]) {
      expect(failedWith(body, { checkpoint: SIGNER.sign(other) })).toEqual(['checkpoint fits'])
    }
  })

  it('a beacon of the operator', async () => {
    const { text } = await aLottery({ kind: 'drand' })

    expect(failed(text)).toEqual(['beacon'])
  })

  it('a round that was chosen, although it is signed', async () => {
    const { text } = await aLottery({ kind: 'drand', round: { round: 122, late: false } })
    const early = await aLottery({ kind: 'drand', round: { round: 120, late: true } })
    const planned = await aLottery({ kind: 'drand', round: { round: 121, late: true } })

    expect(failed(text, CHAIN.chainHash)).toEqual(['beacon round'])
    expect(failed(early.text, CHAIN.chainHash)).toEqual(['beacon round'])
    expect(failed(planned.text, CHAIN.chainHash)).toEqual(['beacon round'])
  })

  it('a signature of another round', async () => {
    const { body } = await aLottery({ kind: 'drand' })
    const entropy = { ...body.entropy, signature: hexOf(signatureOf(122)) } as Body['entropy']

    expect(failedWith(body, { entropy }, CHAIN.chainHash)).toContain('beacon signature')
  })
})

describe('the whole ledger', () => {
  it('is the one of the root, and holds the winner', async () => {
    const told = await aLottery({ ballots: 5 })

    expect(await ledgerFailures(told, told.lines)).toEqual([])
  })

  it.each([
    ['lacks its last line', (lines: readonly string[]) => lines.slice(0, -1)],
    ['lacks its first line', (lines: readonly string[]) => lines.slice(1)],
    ['has two lines swapped', (lines: readonly string[]) => [lines[1], lines[0], ...lines.slice(2)]],
    ['has an extra line', (lines: readonly string[]) => [...lines, lines[0]]],
    ['has an empty line', (lines: readonly string[]) => [...lines, '']],
    ['has a line in upper case', (lines: readonly string[]) => lines.map((line) => line.toUpperCase())],
    ['has a line with something after it', (lines: readonly string[]) => lines.map((line) => `${line} `)],
    ['has a line cut off', (lines: readonly string[]) => lines.map((line) => line.slice(0, -2))],
    ['is empty', () => []],
  ])('is refused when it %s', async (_, change) => {
    const told = await aLottery({ ballots: 5 })

    expect(await ledgerFailures(told, change(told.lines) as string[])).toContain('ledger')
  })

  it('is refused when it is that of another day', async () => {
    const told = await aLottery({ ballots: 5 })
    const other = await aLottery({ ballots: 5, day: CalendarDate.parse('2026-11-21') })

    expect(await ledgerFailures(told, other.lines)).toContain('ledger')
  })
})

describe('a receipt', () => {
  it('of every ballot is kept', async () => {
    const told = await aLottery({ ballots: 7 })

    for (const receipt of told.receipts) {
      expect(await ledgerFailures(told, told.lines, receipt)).toEqual([])
      expect(holdFailures(checkReceipt(parseEvidence(told.text), receipt, undefined))).toEqual([])
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
    ['a salt with something after it', { salt: `${hexOf(counting(3, 16))}zz` }, ['receipt']],
  ])('with %s is refused', async (_, change, checks) => {
    const told = await aLottery({ ballots: 5 })
    const receipt = { ...(told.receipts[2] as Receipt), ...change }

    expect(await ledgerFailures(told, told.lines, receipt)).toEqual(checks)
  })

  it('with a checkpoint by another key is refused', async () => {
    const told = await aLottery({ ballots: 5 })
    const checkpoint = OTHER_SIGNER.sign({ origin: `lottery.local/${DAY}`, size: 5, root: bytes(told.body.root) })

    const receipt = { ...(told.receipts[2] as Receipt), checkpoint }

    expect(await ledgerFailures(told, told.lines, receipt)).toEqual(['receipt checkpoint', 'promise kept'])
  })

  it('with a signed root that the ledger does not extend shows that the promise was broken', async () => {
    const told = await aLottery({ ballots: 5 })
    const checkpoint = SIGNER.sign({ origin: `lottery.local/${DAY}`, size: 3, root: sha256() })

    const receipt = { ...(told.receipts[2] as Receipt), checkpoint }

    expect(await ledgerFailures(told, told.lines, receipt)).toEqual(['promise kept'])
  })

  it('with a signed size that the ledger does not reach shows that ballots were dropped', async () => {
    const told = await aLottery({ ballots: 5 })
    const longer = await aLottery({ ballots: 8 })

    expect(await ledgerFailures(told, told.lines, longer.receipts[7])).toEqual([
      'receipt checkpoint',
      'receipt in ledger',
      'promise kept',
    ])
  })

  it('with a checkpoint of another lottery is refused', async () => {
    const told = await aLottery({ ballots: 5 })
    const checkpoint = SIGNER.sign({ origin: 'lottery.local/2026-11-21', size: 5, root: bytes(told.body.root) })

    const receipt = { ...(told.receipts[2] as Receipt), checkpoint }

    expect(await ledgerFailures(told, told.lines, receipt)).toEqual(['receipt checkpoint'])
  })
})

describe('the command', () => {
  let dir: string
  let told: Told
  let server: Server
  let origin: string
  const inDir = (name: string) => join(dir, name)

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'verify-'))
    told = await aLottery({ ballots: 5, excluded: [2] })
    const quicknet = await aLateLotteryOfRound1000()
    const files: Record<string, string> = {
      'evidence.json': told.text,
      'pretty.json': JSON.stringify(told.body, null, 2),
      'drand.json': quicknet.text,
      'changed.json': told.text.replace(/"seed":"./, (found) => `"seed":"${found.endsWith('0') ? '1' : '0'}`),
      'ledger.txt': told.lines.map((line) => `${line}\n`).join(''),
      'short.txt': told.lines
        .slice(0, -1)
        .map((line) => `${line}\n`)
        .join(''),
      'receipt.json': JSON.stringify(told.receipts[2]),
      'empty.json': '{}',
      'null.json': 'null',
      'broken.json': '{\n  "version"\n  :\n}',
      'id.json': JSON.stringify({ ...told.receipts[2], id: '\u001b[2Jok' }),
      'no-network.mjs': `import dns from 'node:dns'
        import net from 'node:net'
        const refuse = () => { throw new Error('the network was used') }
        globalThis.fetch = refuse
        net.connect = net.createConnection = net.Socket.prototype.connect = dns.lookup = refuse`,
    }
    for (const [name, content] of Object.entries(files)) await writeFile(inDir(name), content)
    await writeFile(inDir('bad-utf8.json'), Buffer.concat([Buffer.from(told.text), Buffer.of(0xff)]))

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

  it('prints each check and what it proves, without any network', async () => {
    const { code, stdout, stderr } = await offline(inDir('evidence.json'))

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const { name } of checkEvidence(parseEvidence(told.text))) expect(stdout).toContain(`ok    ${name}`)
    expect(stdout).toContain(`Lottery of ${DAY}, 5 ballots`)
    expect(stdout).toMatch(/What this proves: the winner follows from [^.]*secret/)
    expect(stdout).toContain('What it does not prove')
    expect(stdout).not.toContain('FAIL')
  })

  it('says of a beacon something else', async () => {
    const { code, stdout } = await offline(inDir('drand.json'))

    expect(code).toBe(0)
    expect(stdout).toContain('ok    beacon signature')
    expect(stdout).toMatch(/What this proves: the winner follows from [^.]*public random number/)
  })

  it('takes evidence, a ledger and a receipt together, and a pinned key', async () => {
    const { code, stdout } = await offline(
      inDir('pretty.json'),
      ...['--ledger', inDir('ledger.txt'), '--receipt', inDir('receipt.json'), '--key', SIGNER.verifierKey],
    )

    expect(code).toBe(0)
    for (const name of ['key', 'ledger', 'winner in ledger', 'receipt', 'receipt in ledger', 'promise kept']) {
      expect(stdout).toContain(`ok    ${name.padEnd(18)}`)
    }
  })

  it('says that a receipt without the ledger shows less', async () => {
    const { code, stdout } = await offline(inDir('evidence.json'), '--receipt', inDir('receipt.json'))

    expect(code).toBe(0)
    expect(stdout).toContain('only shown together with --ledger')
  })

  it('fails for changed evidence and says which check, not what it proves', async () => {
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

  it('fails for another key than the pinned one', async () => {
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

  it('would notice a use of the network for files', async () => {
    const { code, stderr } = await offline(`${origin}/evidence.json`)

    expect(code).toBe(1)
    expect(stderr).toContain('the network was used')
  })

  it.each([
    ['no argument', () => [], /^FAIL {2}usage: npm run verify/],
    ['two documents', () => [inDir('evidence.json'), inDir('drand.json')], /^FAIL {2}usage: npm run verify/],
    ['an unknown option', () => [inDir('evidence.json'), '--fast'], /--fast/],
    ['a file that is not there', () => [inDir('nowhere.json')], /nowhere\.json/],
    ['a ledger that is not there', () => [inDir('evidence.json'), '--ledger', inDir('nowhere.txt')], /nowhere\.txt/],
    [
      'a receipt that is not there',
      () => [inDir('evidence.json'), '--receipt', inDir('nowhere.json')],
      /nowhere\.json/,
    ],
    ['a URL that answers 404', () => [`${origin}/nowhere`], /answers 404: nothing here/],
    ['a ledger URL that answers 404', () => [inDir('evidence.json'), '--ledger', `${origin}/x`], /answers 404/],
    ['a host that does not answer', () => ['http://127.0.0.1:2/'], /ECONNREFUSED/],
    ['bytes that are no UTF-8', () => [inDir('bad-utf8.json')], /utf-8/],
    ['an object that is no evidence', () => [inDir('empty.json')], /version is missing or malformed/],
    ['a document that is no JSON', () => [inDir('broken.json')], /JSON/],
    ['a document that is null', () => [inDir('null.json')], /evidence/],
    ['a receipt that is null', () => [inDir('evidence.json'), '--receipt', inDir('null.json')], /receipt/],
    ['a receipt of no ballot id', () => [inDir('evidence.json'), '--receipt', inDir('id.json')], /receipt\.id/],
    ['a receipt without fields', () => [inDir('evidence.json'), '--receipt', inDir('empty.json')], /receipt/],
  ])('fails in one line for %s', async (_, args, line) => {
    const { code, stderr, stdout } = await online(...args())

    expect({ code, lines: stderr.split('\n').length, stdout }).toEqual({ code: 1, lines: 2, stdout: '' })
    expect(stderr).toMatch(/^FAIL {2}/)
    expect(stderr).toMatch(line)
  })
})

/** Names of the checks that fail on the way of the command: text, strict parse, checks. */
function failed(text: string, chainHash?: string): string[] {
  return holdFailures(checkEvidence(parseEvidence(text), chainHash))
}

function failedWith(body: Body, change: Partial<Body>, chainHash?: string): string[] {
  return failed(JSON.stringify({ ...body, ...change }), chainHash)
}

function isAccepted(document: Uint8Array, chainHash?: string): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(document)
    return failed(text, chainHash).length === 0
  } catch {
    return false
  }
}

async function ledgerFailures({ text }: Told, lines: readonly string[], receipt?: Receipt): Promise<string[]> {
  const evidence = parseEvidence(text)
  const wanted = {
    date: evidence.lottery_date,
    ordinals: new Set([evidence.winning_ordinal ?? 0, receipt?.ordinal ?? 0]),
    sizes: new Set([receipt ? promisedSize(evidence, receipt) : 0]),
  }
  const ledger = await readLedgerLines(each(lines), wanted, () => {})
  return holdFailures([...checkLedger(evidence, ledger), ...(receipt ? checkReceipt(evidence, receipt, ledger) : [])])
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

function holdFailures(checks: readonly Check[]): string[] {
  return checks.filter(({ holds }) => !holds).map(({ name }) => name)
}

/** Opens a lottery, takes ballots in, seals, draws and publishes it, all by the service's own domain. */
async function aLottery(given: GivenLottery = {}): Promise<Told> {
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

  const last = { number: 3, hash: given.previous ?? NO_PREVIOUS_SEAL }
  const round = given.round ?? roundForSeal(day, sealedAt, chain)
  lottery.sealWith(kind === 'drand' ? { excluded, last, round } : { excluded, last }, sealedAt, CAUSE)
  const reveal = kind === 'drand' ? (given.signature ?? signatureOf(round.round)) : secret
  const ordinal = lottery.winningOrdinal(reveal)
  lottery.close(ordinal === undefined ? undefined : ballots[ordinal - 1], reveal, sealedAt + 120_000, CAUSE)

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

/** Round 1000 of quicknet is of the first day of that chain, so the lottery of the day before was sealed late. */
function aLateLotteryOfRound1000(): Promise<Told> {
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
    ...{ beaconId: 'test-net', scheme: 'bls-unchained-g1-rfc9380', period, genesis },
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

/** The command as a child process. */
function run(flags: string[], args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...flags, 'src/verify/main.ts', ...args], (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
}
