import { bls12_381 } from '@noble/curves/bls12-381.js'
import { describe, expect, it } from 'vitest'
import {
  CompactRange,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  rootFromInclusion,
} from '../../../src/ledger/domain/merkle-tree.ts'
import { sha256 } from '../../../src/ledger/domain/sha256.ts'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { drawOrdinals, seedOf } from '../../../src/lottery/domain/draw.ts'
import { commitmentTo, dueAt, plannedRound, QUICKNET, roundForSeal } from '../../../src/lottery/domain/entropy.ts'
import { ballotLeafOf, ledgerEntryOf } from '../../../src/lottery/domain/ledger-entry.ts'
import { Lottery } from '../../../src/lottery/domain/lottery.ts'
import { NO_SEAL } from '../../../src/lottery/domain/lottery-state.ts'
import { sealBytes, sealHash } from '../../../src/lottery/domain/seal.ts'
import { verifies } from '../../../src/lottery/infrastructure/drand-beacon.ts'
import { CAUSE } from '../../support/builders.ts'
import { NaiveTree, provesConsistency } from '../../support/rfc6962.ts'
import { bytes, DRAW_A, DRAW_C, DRAW_D, ENTRY, hexOf, RFC6962, ROUND_1000, ROUND_1001 } from '../../support/vectors.ts'

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
    expect(plannedRound(DAY, QUICKNET)).toBe(34_196_232)
    expect(dueAt(34_196_232, QUICKNET)).toBe(T / 1000 + 60)
  })

  it.each([0, 1, 49_999, 50_000])('is the planned round for a seal %i ms after the day', (ms) => {
    expect(roundForSeal(DAY, T + ms, QUICKNET)).toEqual({ round: 34_196_232, late: false })
  })

  it.each([
    [50_001, 17],
    [51_000, 17],
    [51_001, 18],
    [60_000, 20],
    [3_600_000, 1_200],
    [86_400_000, 28_800],
  ])('is late for a seal %i ms after the day: %i rounds later, due at least 60 s after the seal', (ms, more) => {
    const { round, late } = roundForSeal(DAY, T + ms, QUICKNET)

    expect({ round, late }).toEqual({ round: 34_196_232 + more, late: true })
    const ahead = dueAt(round, QUICKNET) - (T + ms) / 1000
    expect(ahead).toBeGreaterThanOrEqual(60)
    expect(ahead).toBeLessThan(63)
  })
})

describe('draw A, by drand', () => {
  const seal = {
    date: DRAW_A.date,
    ballotCount: DRAW_A.ballotCount,
    root: bytes(RFC6962.root8),
    excluded: DRAW_A.excluded,
    source: bytes(QUICKNET.chainHash),
    round: 1000,
    previous: NO_SEAL.hash,
  }

  it('is sealed in 164 bytes', () => {
    expect(sealBytes(seal)).toHaveLength(164)
    expect(hexOf(sealHash(seal))).toBe(DRAW_A.sealHash)
  })

  it('has the seed and the seven winners of the specification', () => {
    const seed = seedOf(bytes(ROUND_1000.randomness), sealHash(seal))

    expect(hexOf(seed)).toBe(DRAW_A.seed)
    expect(drawOrdinals(seed, 8, DRAW_A.excluded, 7).map((ordinal) => ordinal - 1)).toEqual(DRAW_A.leafIndexes)
  })

  it('has no eighth winner', () => {
    expect(drawOrdinals(bytes(DRAW_A.seed), 8, DRAW_A.excluded, 8)).toHaveLength(7)
  })
})

describe('draw C, by commit and reveal', () => {
  const seal = {
    date: DRAW_C.date,
    ballotCount: 5,
    root: rootOf(DRAW_C.ballots.map(ballotLeafOf)),
    excluded: DRAW_C.excluded,
    source: commitmentTo(DRAW_C.secret),
    round: 0,
    previous: NO_SEAL.hash,
  }

  it('commits to its secret, its five ballots and its exclusion', () => {
    expect(hexOf(seal.source)).toBe(DRAW_C.commitment)
    expect(hexOf(seal.root)).toBe(DRAW_C.root)
    expect(hexOf(sealHash(seal))).toBe(DRAW_C.sealHash)
  })

  it('has the seed and the four winners of the specification', () => {
    const seed = seedOf(DRAW_C.secret, sealHash(seal))

    expect(hexOf(seed)).toBe(DRAW_C.seed)
    expect(drawOrdinals(seed, 5, DRAW_C.excluded, 9)).toEqual(DRAW_C.ordinals)
  })

  it('has the same result when a Lottery is opened, sealed and drawn', () => {
    const midnight = CalendarDate.endOf(DRAW_C.date)
    const entropy = { kind: 'commit-reveal', commitment: bytes(DRAW_C.commitment) } as const
    const lottery = Lottery.open(DRAW_C.date, entropy, midnight - 86_400_000, CAUSE)
    for (const ballot of DRAW_C.ballots) {
      const { id, userId, salt, submittedAt } = ballot
      expect(lottery.issue({ id, userId, salt, standing: 'active' }, submittedAt)).toMatchObject(ballot)
    }

    lottery.sealWith({ excluded: DRAW_C.excluded, last: { number: 0, hash: NO_SEAL.hash } }, midnight, CAUSE)

    expect(hexOf(lottery.head.root)).toBe(DRAW_C.root)
    expect(hexOf(lottery.seal?.hash ?? EMPTY_ROOT)).toBe(DRAW_C.sealHash)
    expect(lottery.winningOrdinal(DRAW_C.secret)).toBe(5)
  })
})

describe('draw D, of no ballots', () => {
  const seal = {
    date: DRAW_D.date,
    ballotCount: 0,
    root: EMPTY_ROOT,
    excluded: [],
    source: commitmentTo(DRAW_D.secret),
    round: 0,
    previous: NO_SEAL.hash,
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
