import { expect, it } from 'vitest'
import { Archive, type ArchiveStatus } from '../../../src/archive/domain/archive.ts'
import { Month } from '../../../src/archive/domain/month.ts'
import { CAUSE } from '../../support/builders.ts'

const MONTH = Month.parse('2026-11')
const MANIFEST = { text: '{}', hash: Buffer.alloc(32, 7) }
const FACTS = { lotteries: 30, ballots: 90 }
const DAY_MS = 86_400_000

it('a month goes through its steps in order, and its event is recorded once', () => {
  const archive = Archive.begin(MONTH, 1)
  archive.upload(MANIFEST)
  archive.verify(FACTS, 2, CAUSE)
  archive.detach(3)

  expect(archive.drop(3 + 7 * DAY_MS - 1, 7 * DAY_MS)).toBe(false)
  expect(archive.drop(3 + 7 * DAY_MS, 7 * DAY_MS)).toBe(true)
  expect(archive.state).toMatchObject({ status: 'dropped', verifiedAt: 2, detachedAt: 3, droppedAt: 3 + 7 * DAY_MS })
  expect(archive.takeEvents()).toEqual([
    {
      aggregate: 'archive/2026-11',
      seq: 1,
      type: 'lottery.archived.v1',
      occurredAt: 2,
      cause: CAUSE,
      data: { month: '2026-11', lottery_count: 30, ballot_count: 90, manifest_sha256: '07'.repeat(32) },
    },
  ])

  archive.restore()
  archive.upload(MANIFEST)
  archive.verify(FACTS, 9, CAUSE)
  expect([archive.takeEvents(), archive.state.verifiedAt]).toEqual([[], 2])
})

it.each<[string, ArchiveStatus, (archive: Archive) => void]>([
  ['uploaded', 'verified', (archive) => archive.upload(MANIFEST)],
  ['verified', 'exporting', (archive) => archive.verify(FACTS, 1, CAUSE)],
  ['detached', 'uploaded', (archive) => archive.detach(1)],
  ['restored', 'uploaded', (archive) => archive.restore()],
])('a month is not %s from %s', (_, status, step) => {
  const archive = Archive.rehydrate({ ...Archive.begin(MONTH, 1).state, status, manifest: MANIFEST })

  expect(() => step(archive)).toThrow(`the archive of 2026-11 is ${status}, not `)
})

it.each([
  ['2026-11', 1, '2026-12'],
  ['2026-12', 1, '2027-01'],
  ['2026-01', -1, '2025-12'],
  ['2026-11', -14, '2025-09'],
])('%s and %i months are %s', (month, months, expected) => {
  expect(Month.addMonths(Month.parse(month), months)).toBe(expected)
})

it('a month knows its last day', () => {
  expect(['2026-02', '2028-02', '2026-12'].map((month) => Month.lastDay(Month.parse(month)))).toEqual([
    '2026-02-28',
    '2028-02-29',
    '2026-12-31',
  ])
  expect(() => Month.parse('2026-00')).toThrow('not a month')
})
