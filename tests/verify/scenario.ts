import type { Inputs } from '../../src/verify/verify.ts'
import { forgeBallots, userOf } from '../support/forge/draw.ts'
import { NoteKey } from '../support/forge/keys.ts'
import { forgeLottery } from '../support/forge/lottery.ts'
import type { ForgedEvidence, ForgedLottery, Plan } from '../support/forge/plan.ts'
import { type PlacedEvent, World } from '../support/forge/world.ts'

export const DATE = '2023-08-22'
/** A seal so late that round 1000 of quicknet draws. Its true signature is known. */
export const SEALED_AT = 1_692_806_303_000
/** Seconds at which round 1000 is due. */
export const DUE = 1_692_803_367 + 999 * 3
export const HOUR = 3_600_000
export const BALLOTS = forgeBallots(DATE, 6)
export const WITNESSES = [1, 2, 3].map((n) => NoteKey.witness(`witness${n}.test`, 100 + n))
export const IN_TIME = SEALED_AT / 1000 + 5

/** A finished lottery, with the log that it stands in. */
export interface Scenario {
  readonly world: World
  readonly lottery: ForgedLottery
  readonly previous: ForgedLottery
  /** Ban of user 2, an hour before the seal. */
  readonly ban: PlacedEvent
  /** Everything that the verdict "verified" needs, with changes. A document may be changed before it is written. */
  readonly inputs: (changes?: Partial<Inputs>, edit?: (evidence: ForgedEvidence) => unknown) => Inputs
  readonly log: () => AsyncIterable<string>
  readonly ledger: () => AsyncIterable<string>
}

/** Changes of a plan, given the world and the ban, which exist before the lottery does. */
export type Changes = Partial<Plan> | ((world: World, ban: PlacedEvent) => Partial<Plan>)

/** Ballots 2 and 5 of user 2, excluded by an event. */
export const exclusionsBy = (eventId: string) =>
  [2, 5].map((ordinal) => ({
    ordinal,
    event_id: eventId,
    user_id: userOf(2),
    salt: BALLOTS[ordinal - 1]?.salt as string,
  }))

/**
 * An honest lottery of six ballots, two of them of a banned user, in a log that begins with the lottery of the day before.
 * Quicknet draws it late, and three witnesses saw the seal in time.
 */
export function scenario(changes: Changes = {}, key?: NoteKey): Scenario {
  const world = new World(key)
  const previous = forgeLottery(world, {
    date: '2023-08-21',
    kind: 'commit-reveal',
    ballots: forgeBallots('2023-08-21', 3),
    sealedAt: Date.parse('2023-08-22') + 10,
  })
  const ban = world.ban(userOf(2), SEALED_AT - HOUR)
  const lottery = forgeLottery(world, {
    date: DATE,
    ballots: BALLOTS,
    prizes: 2,
    exclusions: exclusionsBy(ban.event.id),
    sealedAt: SEALED_AT,
    cosignings: WITNESSES.map((witness) => [witness, IN_TIME] as const),
    ...(typeof changes === 'function' ? changes(world, ban) : changes),
  })
  world.unban(userOf(2), SEALED_AT + HOUR)
  const log = () => linesOf(world.lines)
  return {
    world,
    lottery,
    previous,
    ban,
    log,
    ledger: () => linesOf(lottery.ledger),
    inputs(given = {}, edit = () => {}) {
      const evidence = structuredClone(lottery.evidence)
      edit(evidence)
      return {
        evidence: JSON.stringify(evidence),
        key: world.key.vkey,
        auditLog: log(),
        witnesses: WITNESSES.map(({ vkey }) => vkey),
        ...given,
      }
    },
  }
}

export async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}
