import { createHash } from 'node:crypto'
import type { Ballot, BallotId } from '../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'

// Test vectors of lottery-draw-v1, section 6.

export const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
export const hexOf = (data: Uint8Array): string => Buffer.from(data).toString('hex')
/** Returns `length` bytes: `first`, `first` + 1, and so on. */
export const counting = (first: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i)
const dateOfDay = (day: number): CalendarDate => CalendarDate.of(day * 86_400_000)

export const RFC6962 = {
  leaves: ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'],
  leafOfNothing: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  root3: 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  root8: '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  /** The inclusion proof of leaf 0 in 8, which equals the consistency proof of 1 with 8. */
  proof: [
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ],
} as const

export const ENTRY = {
  ballot: {
    id: '0190f5fe-7c00-7a00-8000-000000000001' as BallotId,
    userId: '00112233-4455-6677-8899-aabbccddeeff' as UserId,
    lotteryDate: dateOfDay(20_717),
    ordinal: 1,
    submittedAt: 1_790_000_012_345,
    salt: counting(0, 16),
  } satisfies Ballot,
  userCommit: '8df2dca615dc9d4b435cfddaae96ed2811171da501088eb8a05061be666fdf52',
  leaf: '87e0a6e0e59a6098fcabe8ba00fa5412fd7a01e8087861871c44caa37a811058',
} as const

export const ROUND_1000 = {
  signature: 'b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39',
  randomness: 'fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd',
} as const

export const ROUND_1001 = {
  signature: 'b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41',
} as const

export const DRAW_A = {
  date: dateOfDay(19_592),
  ballotCount: 8,
  excluded: [4],
  sealHash: '4a34400bf13283e0495e3e78779591629a2f9aa28fe718d0a5e20dfef8bf6e12',
  seed: 'cafdb151f6da07a154a65fe619c31f4b52b25b5eea25c436f7fd472f9fa9e0cf',
  leafIndexes: [6, 5, 2, 4, 1, 7, 0],
} as const

export const DRAW_C = {
  date: dateOfDay(20_779),
  secret: counting(0, 32),
  commitment: 'a1d645aaed073536b8974963fbb2edcd7b2b005e5db4f059ce767a9fa8b6d268',
  ballots: [1, 2, 3, 4, 5].map((ordinal): Ballot => {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(ordinal)
    return {
      id: `0190f5fe-7c00-7a00-8000-${twelve(ordinal)}` as BallotId,
      userId: `00112233-4455-6677-8899-${twelve(ordinal % 3)}` as UserId,
      lotteryDate: dateOfDay(20_779),
      ordinal,
      submittedAt: 1_795_305_600_000 + ordinal,
      salt: createHash('sha256').update('salt').update(number).digest().subarray(0, 16),
    }
  }),
  root: 'ebc8996cb3c70fa0c3723138ad830403d73420ab34a7f1fa43fe1b1ec5414a32',
  excluded: [2],
  sealHash: 'e03f494d89acbdda881f3bb67ac94feb65db6ae083e3605d9189a66c191b8e37',
  seed: '549cf2cf28238ba7fd1758b3bd56a6563745f4054706fefb37c1e9c2eb3377c1',
  ordinals: [5, 1, 3, 4],
} as const

export const DRAW_D = {
  date: dateOfDay(20_780),
  secret: counting(32, 32),
  sealHash: '77756f876291a529cd2951aa4d6280e3b3522cb984d95cbeb0558dd3d0495b29',
  seed: '42a2aed869c289554517e53a9295e12e12b555ffd271d8aca2720a9dbe13eff3',
} as const

function twelve(n: number): string {
  return n.toString(16).padStart(12, '0')
}
