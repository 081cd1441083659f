import { describe } from 'vitest'
import { userOf } from '../support/forge/draw.ts'
import type { World } from '../support/forge/world.ts'
import { forged, honest, type Lie, seesEach } from './lies.ts'
import { BALLOTS, type Changes, DATE, exclusionsBy, SEALED_AT, scenario } from './scenario.ts'

/** Logs the event of the date a second time, as another event of the same data. */
const again = (name: string) => (world: World) => {
  const line = world.lines.findLast((text) => text.includes(`"lottery.${name}.v1"`)) as string
  const { type, aggregate, data } = JSON.parse(line) as { type: string; aggregate: string; data: object }
  world.append({ type, aggregate, at: SEALED_AT, data: { ...data } })
}

/** Seals the date again, with another time and so another draw. */
const sealAgain = (world: World, delay: number) => {
  const line = world.lines.findLast((text) => text.includes(`"lottery.sealed.v1"`)) as string
  const { aggregate, data } = JSON.parse(line) as { aggregate: string; data: object }
  const sealed_at = new Date(SEALED_AT + delay).toISOString()
  world.append({ type: 'lottery.sealed.v1', aggregate, at: SEALED_AT + delay, data: { ...data, sealed_at } })
}

/** A lottery whose exclusions are by the event that `log` appends before the seal. */
const excludedBy = (log: (world: World) => string, exclusions = exclusionsBy): Changes => {
  return (world) => {
    const id = log(world)
    return { exclusions: exclusions(id) }
  }
}

const innocent = (id: string) => [
  { ordinal: 1, event_id: id, user_id: userOf(1), salt: BALLOTS[0]?.salt as string },
  { ordinal: 4, event_id: id, user_id: userOf(1), salt: BALLOTS[3]?.salt as string },
]
const one = (name: string) => `FAILED The log holds one ${name} event`
const bans = 'FAILED Each exclusion names the ban'
const ABOUT_EVENTS: readonly Lie[] = [
  [
    'a lottery was created twice',
    1,
    one('created'),
    forged((world) => ({ beforeSeal: () => again('created')(world) })),
  ],
  ['a lottery was sealed twice', 1, one('sealed'), forged((world) => ({ afterSeal: () => again('sealed')(world) }))],
  ['a lottery was closed twice', 1, one('closed'), forged((world) => ({ afterClose: () => again('closed')(world) }))],
  [
    'a lottery was sealed many times before the round, and one seal was drawn',
    1,
    one('sealed'),
    forged((world) => ({ afterSeal: () => [1, 2, 3, 4].map((delay) => sealAgain(world, delay)) })),
  ],
  [
    'a lottery was sealed many times, which only the log shows',
    3,
    '--audit-log: only the whole log',
    forged((world) => ({ afterSeal: () => [1, 2, 3, 4].map((delay) => sealAgain(world, delay)) }), {
      auditLog: undefined,
    }),
  ],
  [
    'a lottery was closed again after the checkpoint of the evidence',
    1,
    one('closed'),
    () => {
      const later = scenario()
      again('closed')(later.world)
      return later.inputs()
    },
  ],
  [
    'another lottery names this date in its aggregate',
    1,
    'names two dates',
    forged((world) => ({
      afterClose: () =>
        world.append({
          type: 'lottery.closed.v1',
          aggregate: `lottery/${DATE}`,
          at: SEALED_AT,
          data: { date: '2023-01-01' },
        }),
    })),
  ],
  ['an exclusion names an invented event', 1, bans, forged({ exclusions: exclusionsBy(userOf(7)) })],
  [
    'somebody innocent is excluded by the ban of another',
    1,
    bans,
    forged((_, ban) => ({ exclusions: innocent(ban.event.id) })),
  ],
  [
    'the ban was lifted before the seal',
    1,
    bans,
    forged((world, ban) => {
      world.unban(userOf(2), SEALED_AT - 1)
      return { exclusions: exclusionsBy(ban.event.id) }
    }),
  ],
  [
    'the ban was made after the seal',
    1,
    bans,
    forged(excludedBy((world) => world.ban(userOf(1), SEALED_AT + 1).event.id, innocent)),
  ],
  [
    'the ban stands after the seal in the log',
    1,
    bans,
    forged((world) => {
      const id = `0190f5fe-7c00-7a00-bbbb-000000000001`
      const data = { user_id: userOf(1) }
      const event = { id, type: 'user.banned.v1', aggregate: `user/${userOf(1)}`, at: SEALED_AT - 1, data }
      return { exclusions: innocent(id), afterSeal: () => world.append(event) }
    }),
  ],
  [
    'an exclusion names an older ban than the latest',
    1,
    bans,
    forged((world, ban) => {
      world.unban(userOf(2), SEALED_AT - 2_000)
      world.ban(userOf(2), SEALED_AT - 1_000)
      return { exclusions: exclusionsBy(ban.event.id) }
    }),
  ],
  [
    'an exclusion names an event that is no ban',
    1,
    bans,
    forged({ exclusions: exclusionsBy(honest.lottery.sealed.event.id) }),
  ],
  [
    'a winner was banned at the seal',
    1,
    'FAILED No winner was banned at the seal.',
    forged({ exclusions: [], ballots: BALLOTS.filter(({ userId }) => userId === userOf(2)) }),
  ],
  [
    'a ban names two users',
    1,
    'names two users',
    forged((world) => {
      world.append({ type: 'user.banned.v1', aggregate: `user/${userOf(1)}`, at: 1, data: { user_id: userOf(0) } })
      return {}
    }),
  ],
  [
    'another seal in the log does not give its hash',
    1,
    'a seal hash that its fields do not give',
    forged((world) => ({ afterClose: () => sealAgain(world, 1) })),
  ],
]

describe('verifying a lie about events', () => seesEach(ABOUT_EVENTS))
