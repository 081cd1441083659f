import { describe } from 'vitest'
import { userOf } from '../support/forge/draw.ts'
import { forged, honest, type Lie, seesEach } from './lies.ts'
import { exclusionsBy, HOUR, linesOf, SEALED_AT } from './scenario.ts'

const kept = honest.lottery.sealHash
const { lines } = honest.world
const changed = (change: (text: string[]) => string[]) => () => honest.inputs({ auditLog: linesOf(change([...lines])) })
const root = 'events of the log give the root of the audit checkpoint.'
const ABOUT_THE_HANDED_LOG: readonly Lie[] = [
  ['the log lacks its end', 1, 'the log has only 4 events', changed((log) => log.slice(0, 4))],
  ['the log lacks its first event', 1, root, changed((log) => log.slice(1))],
  ['the log is in another order', 1, root, changed((log) => [...log.slice(1, 2), ...log.slice(0, 1), ...log.slice(2)])],
  [
    'the log has an event that was changed',
    1,
    root,
    changed((log) => log.with(0, log[0]?.replace('service', 'operator') ?? '')),
  ],
  ['the log is empty', 1, 'the log has only 0 events', changed(() => [])],
  [
    'a line of the log is not canonical',
    2,
    'line 2 of the audit log is not canonical',
    changed((log) => log.with(1, ` ${log[1]}`)),
  ],
  [
    'a line of the log has a key twice',
    2,
    'has the field "seq" twice',
    changed((log) => log.with(1, log[1]?.replace('"seq":', '"seq":1,"seq":') ?? '')),
  ],
  ['a line of the log is empty', 2, 'line 3 of the audit log is not JSON', changed((log) => log.with(2, ''))],
  [
    'a line of the log is no event',
    2,
    'line 1 of the audit log has the unknown field',
    changed((log) => log.with(0, '{"a":1}')),
  ],
]

const withoutWitnesses = { witnesses: [], auditLog: undefined }
const ABOUT_THE_CHAIN: readonly Lie[] = [
  [
    'the evidence before is of another lottery',
    1,
    'FAILED The seal before this one',
    () => honest.inputs({ previous: JSON.stringify(honest.lottery.evidence) }),
  ],
  [
    'the evidence before has another seal',
    1,
    'FAILED The seal before this one',
    () => {
      const previous = { ...honest.previous.evidence, seal: honest.lottery.evidence['seal'] }
      return honest.inputs({ previous: JSON.stringify(previous) })
    },
  ],
  [
    'the kept seal hash is another',
    1,
    'FAILED The seal hash is the one that you kept.',
    () => honest.inputs({ sealHash: 'ab'.repeat(32) }),
  ],
  [
    'a ban an hour before the seal was for one draw only',
    3,
    '2 exclusions are by bans within 24 hours before the seal; 2 of these bans were lifted within 24 hours after it.',
    () => honest.inputs({ witnesses: [] }),
  ],
  ['nobody else saw the seal', 3, 'could have been chosen by the operator', () => honest.inputs(withoutWitnesses)],
  [
    'a ban from long ago is none of the last 24 hours',
    3,
    '0 exclusions are by bans within 24 hours',
    forged(
      (world) => {
        world.unban(userOf(2), SEALED_AT - 40 * HOUR)
        const { id } = world.ban(userOf(2), SEALED_AT - 25 * HOUR).event
        return { exclusions: exclusionsBy(id) }
      },
      { witnesses: [] },
    ),
  ],
]

describe('verifying with a log that was changed', () => seesEach(ABOUT_THE_HANDED_LOG))
describe('verifying what else the log shows', () => {
  seesEach(ABOUT_THE_CHAIN)
  seesEach([
    [
      'the kept seal hash is malformed',
      2,
      '--seal-hash must be 32 bytes',
      () => honest.inputs({ sealHash: kept.slice(1) }),
    ],
  ])
})
