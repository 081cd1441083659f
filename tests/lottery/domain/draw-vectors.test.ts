import { bls12_381 } from '@noble/curves/bls12-381.js'
import { describe, expect, it } from 'vitest'
import { documentOf, eventLeafOf } from '../../../src/audit-log/domain/audit-log.ts'
import { canonicalJson } from '../../../src/audit-log/infrastructure/canonical-json.ts'
import {
  CompactRange,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  rootFromInclusion,
} from '../../../src/ledger/domain/merkle-tree.ts'
import { sha256 } from '../../../src/ledger/domain/sha256.ts'
import type { Ballot } from '../../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { drawOrdinals, seedOf } from '../../../src/lottery/domain/draw.ts'
import { commitmentTo, dueAt, QUICKNET, regularRound, roundForSeal } from '../../../src/lottery/domain/entropy.ts'
import { ballotLeafOf, ledgerEntryOf } from '../../../src/lottery/domain/ledger-entry.ts'
import { Lottery } from '../../../src/lottery/domain/lottery.ts'
import { NO_SEAL } from '../../../src/lottery/domain/lottery-state.ts'
import { type Seal, sealBytes, sealHash, totalOf } from '../../../src/lottery/domain/seal.ts'
import { verifies } from '../../../src/lottery/infrastructure/drand-beacon.ts'
import { CAUSED_BY_SERVICE } from '../../../src/shared/domain/cause.ts'
import { drawingOf } from '../../support/builders.ts'
import { NaiveTree, provesConsistency } from '../../support/rfc6962.ts'
import { bytes, DRAW_C, DRAW_D, ENTRY, hexOf, RFC6962, ROUND_1000, ROUND_1001, SEAL_A } from '../../support/vectors.ts'

describe('the vectors of RFC 6962', () => {
  const leaves = RFC6962.leaves.map((leaf) => leafHash(bytes(leaf)))
  const tree = new NaiveTree(leaves)

  it('hash an empty tree and an empty leaf', () => {
    expect(hexOf(EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hexOf(leafHash(bytes('')))).toBe(RFC6962.leafOfNothing)
  })

  it('give the roots of sizes 3 and 8', () => {
    expect(hexOf(rootOf(leaves.slice(0, 3)))).toBe(RFC6962.root3)
    expect(hexOf(rootOf(leaves))).toBe(RFC6962.root8)
  })

  it('prove leaf 0 in a tree of 8', () => {
    const proof = inclusionProof(0, 8, (start, end) => tree.hash(start, end))

    expect(proof.map(hexOf)).toEqual(RFC6962.proof)
    expect(hexOf(rootFromInclusion(leafHash(bytes('')), 0, 8, proof) ?? EMPTY_ROOT)).toBe(RFC6962.root8)
  })

  it('prove that a tree of 1 leaf is a prefix of a tree of 8', () => {
    const proof = consistencyProof(1, 8, (start, end) => tree.hash(start, end))

    expect(proof.map(hexOf)).toEqual(RFC6962.proof)
    const first = { size: 1, root: leafHash(bytes('')) }
    expect(provesConsistency(first, { size: 8, root: bytes(RFC6962.root8) }, proof)).toBe(true)
  })
})

describe('the vector of a ledger entry', () => {
  const entry = ledgerEntryOf(ENTRY.ballot)

  it('is 64 bytes: a tag, the day, the ballot, the commitment to its user and the time', () => {
    expect(hexOf(entry)).toBe(
      hexOf(Buffer.from('LSB1')) +
        '000050ed' +
        '0190f5fe7c007a008000000000000001' +
        ENTRY.userCommit +
        1_790_000_012_345n.toString(16).padStart(16, '0'),
    )
  })

  it('has the leaf hash of the specification', () => {
    expect(hexOf(ballotLeafOf(ENTRY.ballot))).toBe(ENTRY.leaf)
  })
})

describe('the vectors of drand quicknet', () => {
  const [of1000, of1001] = [bytes(ROUND_1000.signature), bytes(ROUND_1001.signature)]

  it('are signatures of rounds 1000 and 1001', () => {
    expect(verifies(of1000, 1000, QUICKNET)).toBe(true)
    expect(verifies(of1001, 1001, QUICKNET)).toBe(true)
    expect(hexOf(sha256(of1000))).toBe(ROUND_1000.randomness)
  })

  it.each([0, 1, 2, 100, 500, 999, 1001, 1002, 2000, 1000 + 2 ** 32, Number.MAX_SAFE_INTEGER])(
    'verify for round 1000 but not for round %i',
    (round) => {
      expect(verifies(of1000, round, QUICKNET)).toBe(false)
    },
  )

  it.each([0, 1, 999, 1000, 1002])('verify for round 1001 but not for round %i', (round) => {
    expect(verifies(of1001, round, QUICKNET)).toBe(false)
  })

  it('are not forged by another key', () => {
    const { shortSignatures } = bls12_381
    const message = Buffer.alloc(8)
    message.writeBigUInt64BE(1000n)
    const point = shortSignatures.hash(sha256(message), 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_')
    const forged = shortSignatures.sign(point, new Uint8Array(32).fill(7)).toBytes()

    expect(verifies(forged, 1000, QUICKNET)).toBe(false)
  })

  const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn
  const x = BigInt(`0x${ROUND_1000.signature}`) & (2n ** 381n - 1n)
  const encoded = (flags: bigint, value: bigint) => bytes(((flags << 381n) | value).toString(16).padStart(96, '0'))
  it.each([
    ['the point with the other sign', Uint8Array.from(of1000, (byte, i) => (i === 0 ? byte ^ 0x20 : byte))],
    ['a coordinate above the field', encoded(0b101n, (x + P) % 2n ** 381n)],
    ['the point at infinity', encoded(0b110n, 0n)],
    ['the point at infinity with a coordinate', encoded(0b110n, x)],
    ['the compressed bytes without their flag', encoded(0b000n, x)],
    ['one byte less', of1000.subarray(0, 47)],
    ['one byte more', Buffer.concat([of1000, Buffer.of(0)])],
    ['an empty signature', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(48)],
  ])('have only one encoding: %s is refused', (_, signature) => {
    expect(verifies(signature, 1000, QUICKNET)).toBe(false)
  })

  it('are refused in the uncompressed encoding, whose hash is another randomness', () => {
    const uncompressed = bls12_381.G1.Point.fromBytes(of1000).toBytes(false)

    expect(verifies(uncompressed, 1000, QUICKNET)).toBe(false)
  })

  it('belong to the chain whose hash binds period, genesis, key, group and name', () => {
    const period = Buffer.alloc(4)
    const genesis = Buffer.alloc(8)
    period.writeUInt32BE(QUICKNET.period)
    genesis.writeBigInt64BE(BigInt(QUICKNET.genesis))

    const hash = sha256(
      period,
      genesis,
      bytes(QUICKNET.publicKey),
      bytes(QUICKNET.groupHash),
      Buffer.from(QUICKNET.beaconId),
    )

    expect(hexOf(hash)).toBe('52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971')
    expect(hexOf(hash)).toBe(QUICKNET.chainHash)
  })
})

describe('the round of a lottery', () => {
  const DAY = CalendarDate.parse('2026-11-22')
  const T = CalendarDate.endOf(DAY)

  it('for 2026-11-22 is 34196232, due a minute after the day', () => {
    expect(regularRound(DAY, QUICKNET)).toBe(34_196_232)
    expect(dueAt(34_196_232, QUICKNET)).toBe(T / 1000 + 60)
  })

  it.each([0, 1, 49_999, 50_000])('is the regular round for a seal %i ms after the day', (ms) => {
    expect(roundForSeal(DAY, T + ms, QUICKNET)).toBe(34_196_232)
  })

  it.each([
    [50_001, 17],
    [51_000, 17],
    [51_001, 18],
    [60_000, 20],
    [3_600_000, 1_200],
    [86_400_000, 28_800],
  ])('is late for a seal %i ms after the day: %i rounds later, due at least 60 s after the seal', (ms, more) => {
    const round = roundForSeal(DAY, T + ms, QUICKNET)

    expect(round).toBe(34_196_232 + more)
    const ahead = dueAt(round, QUICKNET) - (T + ms) / 1000
    expect(ahead).toBeGreaterThanOrEqual(60)
    expect(ahead).toBeLessThan(63)
  })
})

describe('seal A, by drand', () => {
  const seal: Seal = {
    date: SEAL_A.date,
    ballotCount: SEAL_A.ballotCount,
    root: bytes(RFC6962.root8),
    excludedCount: 1,
    exclusionsHash: totalOf(SEAL_A.exclusions).hash,
    kind: 'drand',
    source: bytes(QUICKNET.chainHash),
    round: 1000,
    at: SEAL_A.at,
    previous: NO_SEAL.hash,
  }
  const excluded = SEAL_A.exclusions.map(({ ordinal }) => ordinal)

  it('is sealed in 173 bytes', () => {
    expect(hexOf(seal.exclusionsHash)).toBe(SEAL_A.exclusionsHash)
    expect(sealBytes(seal)).toHaveLength(173)
    expect(hexOf(sealHash(seal))).toBe(SEAL_A.sealHash)
  })

  it('has the seed and the seven winners of the specification', () => {
    const seed = seedOf(bytes(ROUND_1000.randomness), sealHash(seal))

    expect(hexOf(seed)).toBe(SEAL_A.seed)
    expect(drawOrdinals(seed, 8, excluded, 7).map((ordinal) => ordinal - 1)).toEqual(SEAL_A.leafIndexes)
  })

  it('has no eighth winner', () => {
    expect(drawOrdinals(bytes(SEAL_A.seed), 8, excluded, 8)).toHaveLength(7)
  })
})

describe('draw C, by commit and reveal', () => {
  const seal: Seal = {
    date: DRAW_C.date,
    ballotCount: 5,
    root: rootOf(DRAW_C.ballots.map(ballotLeafOf)),
    excludedCount: 2,
    exclusionsHash: totalOf(DRAW_C.exclusions).hash,
    kind: 'commit-reveal',
    source: commitmentTo(DRAW_C.secret),
    round: 0,
    at: DRAW_C.at,
    previous: NO_SEAL.hash,
  }
  const midnight = CalendarDate.endOf(DRAW_C.date)
  const entropy = { kind: 'commit-reveal', commitment: bytes(DRAW_C.commitment) } as const

  /** The lottery of the vector, opened, filled and sealed. */
  const sealed = (): Lottery => {
    const lottery = Lottery.open(DRAW_C.date, entropy, midnight - 86_400_000 + 1, CAUSED_BY_SERVICE)
    for (const { id, userId, salt, submittedAt } of DRAW_C.ballots) {
      lottery.issue({ id, userId, salt, standing: 'active' }, submittedAt)
    }
    const { exclusions, createdEventId, at } = DRAW_C
    lottery.sealWith({ excluded: totalOf(exclusions), last: NO_SEAL, round: 0, createdEventId }, at, CAUSED_BY_SERVICE)
    return lottery
  }

  it('commits to its secret, its five ballots and its exclusions', () => {
    expect(hexOf(seal.source)).toBe(DRAW_C.commitment)
    expect(hexOf(seal.root)).toBe(DRAW_C.root)
    expect(hexOf(seal.exclusionsHash)).toBe(DRAW_C.exclusionsHash)
    expect(hexOf(sealBytes(seal))).toBe(DRAW_C.seal)
    expect(hexOf(sealHash(seal))).toBe(DRAW_C.sealHash)
  })

  it('has the seed and the three winners of the specification', () => {
    const seed = seedOf(DRAW_C.secret, sealHash(seal))

    expect(hexOf(seed)).toBe(DRAW_C.seed)
    expect(drawOrdinals(seed, 5, [2, 5], 9).map((ordinal) => ordinal - 1)).toEqual(DRAW_C.leafIndexes)
  })

  it('has the same result when a Lottery is opened, sealed and drawn', () => {
    const lottery = sealed()

    expect(hexOf(lottery.head.root)).toBe(DRAW_C.root)
    expect(hexOf(lottery.seal?.hash ?? EMPTY_ROOT)).toBe(DRAW_C.sealHash)
    expect(drawingOf(lottery, DRAW_C.secret, DRAW_C.exclusions).winningOrdinal()).toBe(3)
  })

  it('records the events whose leaves the specification names', () => {
    const lottery = sealed()
    const winner = { ...(DRAW_C.ballots[2] as Ballot) }
    const closedAt = midnight + 50
    lottery.close(drawingOf(lottery, DRAW_C.secret, DRAW_C.exclusions), winner, closedAt, CAUSED_BY_SERVICE)

    const leaves = lottery.takeEvents().map((event, n) => {
      const id = `0190f5fe-7c00-7a00-a000-00000000000${n + 1}`
      return hexOf(eventLeafOf(canonicalJson(documentOf({ ...event, id }))))
    })

    const { created, sealed: ofSeal, closed } = DRAW_C.eventLeaves
    expect(leaves).toEqual([created, ofSeal, closed])
  })
})

describe('draw D, of no ballots', () => {
  const seal: Seal = {
    date: DRAW_D.date,
    ballotCount: 0,
    root: EMPTY_ROOT,
    excludedCount: 0,
    exclusionsHash: totalOf([]).hash,
    kind: 'commit-reveal',
    source: commitmentTo(DRAW_D.secret),
    round: 0,
    at: DRAW_D.at,
    previous: sha256(Buffer.from('previous')),
  }

  it('is sealed and seeded all the same', () => {
    expect(hexOf(sealHash(seal))).toBe(DRAW_D.sealHash)
    expect(hexOf(seedOf(DRAW_D.secret, sealHash(seal)))).toBe(DRAW_D.seed)
  })

  it('has no winner', () => {
    expect(drawOrdinals(bytes(DRAW_D.seed), 0, [])).toEqual([])
  })
})

function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const range = new CompactRange()
  for (const leaf of leaves) range.append(leaf)
  return range.root
}
