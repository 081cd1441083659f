import { describe, expect, it } from 'vitest'
import { AuditLogReplay, leafOfEvent } from '../../src/verify/audit-log.ts'
import { chainHash, isRoundSignature, QUICKNET, regularRound, roundOf } from '../../src/verify/beacon.ts'
import { sha256 } from '../../src/verify/crypto.ts'
import {
  commitmentTo,
  drawIndexes,
  entryOf,
  exclusionsHash,
  sealBytes,
  sealHash,
  seedOf,
} from '../../src/verify/draw.ts'
import { leaf } from '../../src/verify/merkle.ts'
import { ascii, bytesOf, concat, hexOf, u32 } from '../../src/verify/primitives.ts'
import { verify } from '../../src/verify/verify.ts'
import { twelve } from '../support/forge/bytes.ts'
import { forgeBallots, userOf } from '../support/forge/draw.ts'
import { QUICKNET as KNOWN_ROUNDS } from '../support/forge/keys.ts'
import { forgeLottery } from '../support/forge/lottery.ts'
import { World } from '../support/forge/world.ts'

// Section 6 of lottery-draw-v2.

const ROOT_8 = '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'
const NO_SEAL = '0'.repeat(64)
const counting = (first: number) => Uint8Array.from({ length: 32 }, (_, i) => first + i)
const banEvent = (k: number) => `0190f5fe-7c00-7a00-9000-${twelve(k)}`

describe('the vectors of entries and rounds', () => {
  it('give the entry', () => {
    const entry = entryOf('2026-09-21', {
      id: '0190f5fe-7c00-7a00-8000-000000000001',
      userId: '00112233-4455-6677-8899-aabbccddeeff',
      salt: '000102030405060708090a0b0c0d0e0f',
      acceptedAt: 1_790_000_012_345,
    })

    expect(hexOf(entry.subarray(24, 56))).toBe('8df2dca615dc9d4b435cfddaae96ed2811171da501088eb8a05061be666fdf52')
    expect(hexOf(leaf(entry))).toBe('87e0a6e0e59a6098fcabe8ba00fa5412fd7a01e8087861871c44caa37a811058')
  })

  it('give the chain hash of quicknet and the randomness of round 1000', () => {
    expect(chainHash(QUICKNET)).toBe(QUICKNET.chain_hash)
    expect(hexOf(sha256(bytesOf(KNOWN_ROUNDS.sign(1000))))).toBe(
      'fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd',
    )
  })

  it.each([1000, 1001])('give a signature that fits round %i and no other', (round) => {
    const signature = bytesOf(KNOWN_ROUNDS.sign(round))

    expect(isRoundSignature(QUICKNET, round, signature)).toBe(true)
    for (const other of [round - 1, round + 1, 2001 - round])
      expect(isRoundSignature(QUICKNET, other, signature)).toBe(other === round)
  })

  it.each([
    [0, 34_196_232, false],
    [49_999, 34_196_232, false],
    [50_000, 34_196_232, false],
    [50_001, 34_196_249, true],
    [3_600_000, 34_197_432, true],
  ])('give the round of a seal %i ms after midnight', (delay, round, isLate) => {
    expect(regularRound(QUICKNET, '2026-11-22')).toBe(34_196_232)
    expect(roundOf(QUICKNET, '2026-11-22', Date.parse('2026-11-23') + delay)).toEqual({ round, isLate })
  })
})

describe('seal A', () => {
  it('gives its hashes, its seed and its indexes', () => {
    const hash = sealHash({
      date: '2023-08-23',
      attempt: 0,
      ballot_count: 8,
      root: ROOT_8,
      excluded_count: 1,
      exclusions_hash: exclusionsHash([{ ordinal: 4, event_id: banEvent(1) }]),
      kind: 'drand',
      source: QUICKNET.chain_hash,
      round: 1000,
      sealed_at: new Date(1_692_835_200_031).toISOString(),
      previous_seal_hash: NO_SEAL,
    })
    const seed = seedOf(sha256(bytesOf(KNOWN_ROUNDS.sign(1000))), hash)

    expect(exclusionsHash([{ ordinal: 4, event_id: banEvent(1) }])).toBe(
      'b6919a7934eb7d56d97e632fbe825909c847c622b718a5f1f433f8ac3b711471',
    )
    expect(hash).toBe('797dfea948ea9bd24c344c891b0d3d718d818dd4abf99f41712200dbd2f842ff')
    expect(hexOf(seed)).toBe('d94b77c3f093fc2721c0e6cea1c629a29898f3c51edbe26fd2ed649bb7b7d557')
    expect(drawIndexes(seed, 8, [3], 7)).toEqual([6, 4, 5, 0, 2, 1, 7])
  })
})

describe('draw C', () => {
  const world = new World()
  const ballots = forgeBallots('2026-11-22', 5)
  const exclusions = [2, 5].map((ordinal) => ({
    ordinal,
    event_id: banEvent(7),
    user_id: userOf(2),
    salt: hexOf(sha256(concat(ascii('salt'), u32(ordinal)))).slice(0, 32),
  }))
  const lottery = forgeLottery(world, {
    ids: [1, 2, 3].map((n) => `0190f5fe-7c00-7a00-a000-${twelve(n)}`),
    times: [Date.parse('2026-11-22T00:00:00.001Z'), Date.parse('2026-11-23T00:00:00.050Z')],
    date: '2026-11-22',
    kind: 'commit-reveal',
    secret: counting(0),
    ballots,
    exclusions,
    sealedAt: 1_795_392_000_017,
    beforeSeal: () =>
      world.append({
        id: banEvent(7),
        type: 'user.banned.v1',
        aggregate: `user/${userOf(2)}`,
        seq: 2,
        at: Date.parse('2026-11-22T12:00:00Z'),
        data: { user_id: userOf(2) },
      }),
  })
  const { evidence } = lottery

  it('gives its hashes, its seed and its indexes', async () => {
    const seed = bytesOf(evidence['seed'] as string)

    expect(commitmentTo(hexOf(counting(0)))).toBe('a1d645aaed073536b8974963fbb2edcd7b2b005e5db4f059ce767a9fa8b6d268')
    expect(evidence['root']).toBe('ebc8996cb3c70fa0c3723138ad830403d73420ab34a7f1fa43fe1b1ec5414a32')
    expect(exclusionsHash(exclusions)).toBe('e6b67bfc9119a1ad009f0d97a0737ecdba7f09dc12f4b7426e67db13ec1a54e3')
    expect(lottery.sealHash).toBe('7aa6cda51648f0ee8eff45db1829a9cf86637817b09df0bb079bba069fa87222')
    expect(hexOf(seed)).toBe('c4ed6ec0030bd33a476e1fe024e0767aa40e47ac4e68d00c7ec28143f2f587b6')
    expect(hexOf(seedOf(counting(0), lottery.sealHash))).toBe(hexOf(seed))
    expect(drawIndexes(seed, 5, [1, 4], 5)).toEqual([2, 3, 0])
    expect(hexOf(sealBytes(evidence.audit.sealed.event['data'] as never))).toBe(
      '4c5353320000512b000000000000000000000005ebc8996cb3c70fa0c3723138ad830403d73420ab34a7f1fa43fe1b1ec5414a320000000000000002e6b67bfc9119a1ad009f0d97a0737ecdba7f09dc12f4b7426e67db13ec1a54e300a1d645aaed073536b8974963fbb2edcd7b2b005e5db4f059ce767a9fa8b6d2680000000000000000000001a205b3d0110000000000000000000000000000000000000000000000000000000000000000',
    )
  })

  it('gives its audit log', () => {
    const replay = new AuditLogReplay()
    for (const line of world.lines) replay.add(line)

    expect(world.lines.map((line) => hexOf(leafOfEvent(JSON.parse(line))))).toEqual([
      '9a6191354b7febe27400b8887265567ecf812a837dc42ee315c750b8668c964c',
      'ba40d528d541d725b5313cb0f27ff83e8efb53a15c013298cb097131a2261dbf',
      'dfcee901fc5bd5f560b57c1eca67cb291d5db59cdca6502111cd0ef4a1ecea7d',
      'e4eba323de647bc4216cadcb0233e606ec326643f36196982c4c5f4f386f9e18',
    ])
    expect(replay.root(4)).toBe('a086b9170ec5487ffab346ca01d9a0c32592e6b153d16ede2a436b3c0e538773')
    expect(replay.faults).toEqual([])
    expect(world.lines[2]).toBe(
      '{"actor":"service","aggregate":"lottery/2026-11-22","data":{"attempt":0,"ballot_count":5,"created_event_id":"0190f5fe-7c00-7a00-a000-000000000001","date":"2026-11-22","excluded_count":2,"exclusions_hash":"e6b67bfc9119a1ad009f0d97a0737ecdba7f09dc12f4b7426e67db13ec1a54e3","kind":"commit-reveal","previous_seal_hash":"0000000000000000000000000000000000000000000000000000000000000000","prizes":1,"root":"ebc8996cb3c70fa0c3723138ad830403d73420ab34a7f1fa43fe1b1ec5414a32","round":0,"seal_hash":"7aa6cda51648f0ee8eff45db1829a9cf86637817b09df0bb079bba069fa87222","sealed_at":"2026-11-23T00:00:00.017Z","source":"a1d645aaed073536b8974963fbb2edcd7b2b005e5db4f059ce767a9fa8b6d268"},"id":"0190f5fe-7c00-7a00-a000-000000000002","occurred_at":"2026-11-23T00:00:00.017Z","request_id":null,"seq":2,"type":"lottery.sealed.v1"}',
    )
  })

  it('re-computes', async () => {
    const { verdict, checks } = await verify({ evidence: JSON.stringify(evidence), key: world.key.vkey })

    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(verdict).toBe(3)
  })
})

describe('draw D', () => {
  it('gives its hashes and no winner', () => {
    const { sealHash: hash, evidence } = forgeLottery(new World(), {
      date: '2026-11-23',
      kind: 'commit-reveal',
      secret: counting(32),
      ballots: [],
      sealedAt: 1_795_478_400_009,
      previous: hexOf(sha256(ascii('previous'))),
    })

    expect(sealHash(evidence.audit.sealed.event['data'] as never)).toBe(hash)
    expect(hash).toBe('deb27b8f3c9485a270d0f3294254b8e28ff8a2a99ba4b24d2ce69a67c7b0a8a3')
    const seed = seedOf(counting(32), hash)
    expect(hexOf(seed)).toBe('04f94b43d2469ec9627af25e56a1330c0436b720bb806e90cf43578475038462')
    expect(drawIndexes(seed, 0, [], 1)).toEqual([])
  })
})
