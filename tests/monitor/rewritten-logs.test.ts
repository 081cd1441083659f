import { NoteKey } from '../support/forge/keys.ts'
import { World } from '../support/forge/world.ts'
import { DAY, lotteryOf, NEXT, seesEach } from './lies.ts'

seesEach([
  [
    'rewrites the log between two visits',
    'The log of 3 events that was kept, and the events since then, of 6 events, does not give the signed root',
    ['audit-kept.note', 'audit-now.note'],
    (operator) => {
      operator.world = new World()
      operator.serve(lotteryOf(operator.world, DAY, { secret: Buffer.alloc(32, 9) }))
      operator.serve(lotteryOf(operator.world, NEXT))
    },
  ],
  [
    'shows another log of the same size',
    'of 3 events, does not give the signed root of size 3',
    ['audit-kept.note', 'audit-now.note'],
    (operator) => {
      operator.world = new World()
      lotteryOf(operator.world, DAY, { secret: Buffer.alloc(32, 9) })
    },
  ],
  [
    'shortens the log',
    'The log has 2 events now, and had 3 before.',
    ['audit-kept.note', 'audit-now.note'],
    (operator) => operator.world.lines.pop(),
  ],
  [
    'keeps new events back',
    'of 5 events, does not give the signed root of size 6',
    ['audit-kept.note', 'audit-now.note'],
    (operator) => {
      operator.serve(lotteryOf(operator.world, NEXT))
      operator.lines = (lines) => lines.slice(0, -1)
    },
  ],
  [
    'signs with another key',
    'is not one of lottery.test/audit that the key lottery.test+',
    ['audit-kept.note', 'audit-now.note'],
    (operator) => {
      const { lines } = operator.world
      operator.world = new World(NoteKey.log('lottery.test', 2))
      operator.world.lines.push(...lines)
    },
  ],
  [
    'signs another tree in place of the log',
    'is not one of lottery.test/audit that the key lottery.test+',
    ['audit-now.note'],
    ({ world }) => {
      const note = world.sign(`lottery.test/${DAY}`, 3, world.tree().root(3))
      world.auditCheckpoint = () => note
    },
  ],
  [
    'signs a size that the log does not have',
    'of 3 events, does not give the signed root of size 4',
    ['audit-kept.note', 'audit-now.note'],
    ({ world }) => {
      const note = world.sign('lottery.test/audit', 4, world.tree().root(3))
      world.auditCheckpoint = () => note
    },
  ],
  [
    'serves another log when the whole is read',
    'The whole log, read again, does not give the root of the checkpoint of size 6.',
    ['audit-now.note'],
    (operator) => {
      operator.serve(lotteryOf(operator.world, NEXT))
      operator.lines = (lines) => (lines.length === 6 ? [...lines.slice(0, 5), lines[0] as string] : lines)
    },
  ],
])
