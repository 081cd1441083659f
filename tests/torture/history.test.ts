import { expect, it } from 'vitest'
import { type Attempt, differences } from './history.ts'

const attempt = (sentAt: number, ordinal: number, more: Partial<Attempt> = {}): Attempt => ({
  userId: 'ada',
  firstSentAt: sentAt,
  acknowledged: [{ at: sentAt + 5, id: `b${ordinal}`, ordinal }],
  isUnknown: false,
  ...more,
})
const row = (ordinal: number, userId = 'ada') => ({ id: `b${ordinal}`, ordinal, userId })
const unanswered = (sentAt: number) => attempt(sentAt, 0, { acknowledged: [], isUnknown: true })

it('finds nothing where every acknowledged ballot is stored, and others may be', () => {
  expect(differences([attempt(0, 1), attempt(10, 2)], [row(1), row(2)])).toEqual([])
  expect(differences([attempt(0, 1), unanswered(3)], [row(1), row(2)])).toEqual([])
  expect(differences([attempt(0, 1), unanswered(3)], [row(1)])).toEqual([])
  expect(differences([attempt(0, 2), attempt(4, 1)], [row(1), row(2)])).toEqual([]) // both were under way
})

it.each<[string, Attempt[], ReturnType<typeof row>[], string]>([
  ['a lost ballot', [attempt(0, 1), attempt(10, 2)], [row(1)], 'ballot b2 was acknowledged, and is lost'],
  [
    'another ordinal',
    [attempt(0, 1)],
    [
      { ...row(1), id: 'b2' },
      { ...row(2), id: 'b1' },
    ],
    'stored as 2',
  ],
  ['another user', [attempt(0, 1)], [row(1, 'eve')], 'ballot b1 is stored for another user'],
  ['a gap', [attempt(0, 1), attempt(10, 3)], [row(1), row(3)], 'ordinal 3 follows 1'],
  ['an invented ballot', [attempt(0, 1)], [row(1), row(2)], '1 ballots are stored beyond the acknowledged'],
  ['an order that was not', [attempt(0, 2), attempt(10, 1)], [row(1), row(2)], 'ballot 1 was sent after ballot 2'],
  [
    'a second ballot of one key',
    [attempt(0, 1, { acknowledged: [1, 2].map((n) => ({ at: n, id: `b${n}`, ordinal: n })) })],
    [row(1), row(2)],
    'ballot b2 is a second ballot of one idempotency key',
  ],
])('finds %s', (_, attempts, stored, finding) => {
  expect(differences(attempts, stored).join('\n')).toContain(finding)
})
