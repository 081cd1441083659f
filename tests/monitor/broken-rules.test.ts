import { userOf } from '../support/forge/draw.ts'
import { forgeBeacon, QUICKNET } from '../support/forge/keys.ts'
import { DAY, lotteryOf, NEXT, seesEach } from './lies.ts'

seesEach([
  [
    'closes a lottery twice',
    `event 3 of the audit log is a second closed event of ${DAY}.`,
    ['created.json', 'sealed.json', 'closed.json'].map((name) => `${DAY}-${name}`),
    (operator) => {
      const { data } = JSON.parse(operator.world.lines.at(-1) as string)
      operator.world.append({ type: 'lottery.closed.v1', aggregate: `lottery/${DAY}`, seq: 4, at: 0, data })
    },
  ],
  [
    'seals other terms than those of the creation',
    'event 4 of the audit log seals other terms than those of the created event.',
    ['event-4.json', `${NEXT}-created.json`],
    (operator) => lotteryOf(operator.world, NEXT, { sealed: { prizes: 2 } }),
  ],
  [
    'breaks the chain of seals',
    'event 4 of the audit log does not follow the seal before it in the log.',
    ['event-4.json'],
    (operator) => lotteryOf(operator.world, NEXT, { previous: 'ab'.repeat(32) }),
  ],
  [
    'closes with another seal',
    'event 5 of the audit log names another seal.',
    ['event-5.json', `${NEXT}-sealed.json`],
    (operator) => lotteryOf(operator.world, NEXT, { closed: { seal_hash: 'ab'.repeat(32) } }),
  ],
  [
    'seals before the day is over',
    `event 4 of the audit log seals ${NEXT} before its day is over.`,
    ['event-4.json'],
    (operator) => lotteryOf(operator.world, NEXT, { sealedAt: Date.parse(NEXT) + 86_399_999 }),
  ],
  [
    'leaves out an event of a user',
    'event 3 of the audit log has the seq 3, but 2 is the next of user/',
    ['event-3.json'],
    ({ world }) => {
      const data = { user_id: userOf(2) }
      world.append({ type: 'user.unbanned.v1', aggregate: `user/${userOf(2)}`, seq: 3, at: 0, data })
    },
  ],
  [
    'bans a banned user',
    'event 4 of the audit log bans a banned user.',
    ['event-4.json'],
    ({ world }) => {
      const [type, aggregate, data] = ['user.banned.v1', `user/${userOf(2)}`, { user_id: userOf(2) }] as const
      for (const seq of [2, 3]) world.append({ type, aggregate, seq, at: 0, data })
    },
  ],
  [
    'writes an event in another order',
    'event 3 of the audit log is not canonical JSON.',
    ['event-3.json'],
    ({ world }) => {
      const { event } = world.append({ type: 'a.b.v1', aggregate: 'a/b', at: 0, data: {} })
      world.lines[3] = JSON.stringify(event)
    },
  ],
  [
    'seals a lottery that was not created',
    'comes before the created event',
    ['event-3.json'],
    ({ world }) => {
      lotteryOf(world, NEXT)
      world.lines.splice(3, 1)
    },
  ],
  [
    'leaves out an event of a lottery',
    `event 5 of the audit log has the seq 4, but it is event 3 of lottery/${NEXT}.`,
    ['event-5.json'],
    ({ world }) => {
      lotteryOf(world, NEXT)
      world.lines[5] = (world.lines[5] as string).replace('"seq":3', '"seq":4')
    },
  ],
  [
    'registers a user twice',
    'event 4 of the audit log registers a user who was registered before.',
    ['event-4.json'],
    ({ world }) => {
      const [aggregate, data] = [`user/${userOf(2)}`, { user_id: userOf(2) }]
      world.append({ type: 'user.banned.v1', aggregate, seq: 2, at: 0, data })
      world.append({ type: 'user.registered.v1', aggregate, at: 0, data })
    },
  ],
  [
    'names two users in a ban',
    'event 3 of the audit log names two users.',
    ['event-3.json'],
    ({ world }) => {
      world.append({
        type: 'user.banned.v1',
        aggregate: `user/${userOf(1)}`,
        seq: 2,
        at: 0,
        data: { user_id: userOf(2) },
      })
    },
  ],
])

const AB = 'ab'.repeat(32)
const regular = 34_225_032

seesEach(
  (
    [
      ['names two dates', 'event 4 of the audit log names two dates.', { sealed: { date: '2026-11-24' } }],
      ['creates a lottery of another version', 'creates no lottery of', { created: { draw: 'lottery-draw-v1' } }],
      ['creates a lottery with 101 prizes', 'creates no lottery of', { created: { prizes: 101 } }],
      ['draws with another beacon', 'names another beacon than quicknet', { kind: 'drand', beacon: forgeBeacon() }],
      [
        'names another round than the regular one',
        `does not name the regular round of ${NEXT}`,
        { created: { entropy: { kind: 'drand', chain_hash: QUICKNET.chain.chain_hash, round: regular + 1 } } },
      ],
      ['seals a second time', 'has the attempt 1', { sealed: { attempt: 1 } }],
      ['excludes more ballots than there are', 'excludes more ballots', { sealed: { excluded_count: 7 } }],
      ['names a round that the time of the seal does not give', 'names round 7, but', { sealed: { round: 7 } }],
      ['states another seal hash', 'states a seal hash that its fields do not give', { sealed: { seal_hash: AB } }],
    ] as const
  ).map(([lie, says, plan]) => [lie, says, [], ({ world }) => lotteryOf(world, NEXT, plan)] as const),
)
