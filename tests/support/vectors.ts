import { createHash } from 'node:crypto'
import type { Ballot, BallotId } from '../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'

// Test vectors of lottery-draw-v2, section 6.

export const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
export const hexOf = (data: Uint8Array): string => Buffer.from(data).toString('hex')
/** Returns `length` bytes: `first`, `first` + 1, and so on. */
const counting = (first: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i)
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

/** Id of the n-th ban event of the vectors. */
const ban = (n: number) => `0190f5fe-7c00-7a00-9000-${twelve(n)}`

export const SEAL_A = {
  date: dateOfDay(19_592),
  ballotCount: 8,
  exclusions: [{ ordinal: 4, eventId: ban(1) }],
  exclusionsHash: 'b6919a7934eb7d56d97e632fbe825909c847c622b718a5f1f433f8ac3b711471',
  at: 1_692_835_200_031,
  sealHash: '797dfea948ea9bd24c344c891b0d3d718d818dd4abf99f41712200dbd2f842ff',
  seed: 'd94b77c3f093fc2721c0e6cea1c629a29898f3c51edbe26fd2ed649bb7b7d557',
  leafIndexes: [6, 4, 5, 0, 2, 1, 7],
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
  exclusions: [2, 5].map((ordinal) => ({ ordinal, eventId: ban(7) })),
  exclusionsHash: 'e6b67bfc9119a1ad009f0d97a0737ecdba7f09dc12f4b7426e67db13ec1a54e3',
  at: 1_795_392_000_017,
  seal:
    '4c5353320000512b000000000000000000000005ebc8996cb3c70fa0c3723138ad830403d73420ab34a7f1fa43fe1b1ec5414a3200000000' +
    '00000002e6b67bfc9119a1ad009f0d97a0737ecdba7f09dc12f4b7426e67db13ec1a54e300a1d645aaed073536b8974963fbb2edcd7b2b00' +
    '5e5db4f059ce767a9fa8b6d2680000000000000000000001a205b3d011000000000000000000000000000000000000000000000000000000' +
    '0000000000',
  sealHash: '7aa6cda51648f0ee8eff45db1829a9cf86637817b09df0bb079bba069fa87222',
  seed: 'c4ed6ec0030bd33a476e1fe024e0767aa40e47ac4e68d00c7ec28143f2f587b6',
  leafIndexes: [2, 3, 0],
  createdEventId: '0190f5fe-7c00-7a00-a000-000000000001',
  /** Leaves of the audit log, each the hash of an event's canonical JSON. */
  eventLeaves: {
    created: '9a6191354b7febe27400b8887265567ecf812a837dc42ee315c750b8668c964c',
    banned: 'ba40d528d541d725b5313cb0f27ff83e8efb53a15c013298cb097131a2261dbf',
    sealed: 'dfcee901fc5bd5f560b57c1eca67cb291d5db59cdca6502111cd0ef4a1ecea7d',
    closed: 'e4eba323de647bc4216cadcb0233e606ec326643f36196982c4c5f4f386f9e18',
  },
} as const

export const DRAW_D = {
  date: dateOfDay(20_780),
  secret: counting(32, 32),
  at: 1_795_478_400_009,
  sealHash: 'deb27b8f3c9485a270d0f3294254b8e28ff8a2a99ba4b24d2ce69a67c7b0a8a3',
  seed: '04f94b43d2469ec9627af25e56a1330c0436b720bb806e90cf43578475038462',
} as const

function twelve(n: number): string {
  return n.toString(16).padStart(12, '0')
}
