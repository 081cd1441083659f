import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SubmitOutcome } from '../../src/lottery/application/submit-command.ts'
import type { LotteryState } from '../../src/lottery/domain/lottery-state.ts'
import { DomainError } from '../../src/shared/domain/domain-error.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, CAUSE, NOON, summary, TODAY, userId, verdict } from '../support/builders.ts'
import { type MemoryParts, memoryParts } from '../support/memory-app.ts'

const PEOPLE = 4
const STRANGER = PEOPLE
const MIDNIGHT = NOON + 12 * 3_600_000

/** The facts about one lottery that predict every outcome. */
interface Model {
  now: number
  status: 'none' | 'open' | 'closed'
  readonly banned: Set<number>
  /** User of the ballot with ordinal index + 1. */
  readonly ballots: number[]
  /** Ordinals by user and idempotency key. */
  readonly keys: Map<string, number>
  winner: number | undefined
}

interface Real {
  readonly parts: MemoryParts
  readonly people: readonly UserId[]
  /** Accepted outcomes by ordinal. */
  readonly receipts: Map<number, SubmitOutcome>
  closed: LotteryState | undefined
}

type Command = fc.AsyncCommand<Model, Real>

class Submit implements Command {
  readonly who: number
  readonly key: string | undefined

  constructor(who: number, key: string | undefined) {
    this.who = who
    this.key = key
  }

  check = () => true

  async run(model: Model, real: Real): Promise<void> {
    const predicted = this.#predict(model)

    const [outcome] = await real.parts.lottery.submitBallots.execute([
      aSubmit({ userId: real.people[this.who] as UserId, idempotencyKey: this.key }),
    ])

    expect(verdict(outcome)).toBe(predicted)
    if (outcome?.kind !== 'accepted') return
    const { ordinal } = accepted(outcome)
    const before = real.receipts.get(ordinal)
    if (predicted === 'replayed') {
      expect(ordinal).toBe(model.keys.get(this.#keyOfUser))
      expect(accepted(outcome)).toEqual(accepted(before))
    } else {
      model.status = 'open'
      expect(ordinal).toBe(model.ballots.push(this.who))
      real.receipts.set(ordinal, outcome)
      if (this.key !== undefined) model.keys.set(this.#keyOfUser, ordinal)
    }
  }

  #predict({ now, status, banned, keys }: Model): string {
    if (this.key !== undefined && keys.has(this.#keyOfUser)) return 'replayed'
    if (this.who === STRANGER) return 'user_not_found'
    if (banned.has(this.who)) return 'user_banned'
    if (status === 'none') return now < MIDNIGHT ? 'accepted' : 'lottery_date_past'
    return status === 'open' && now < MIDNIGHT ? 'accepted' : 'lottery_closed'
  }

  get #keyOfUser(): string {
    return `${this.who}/${this.key}`
  }

  toString = () => `submit by ${this.who}${this.key === undefined ? '' : ` with key ${this.key}`}`
}

class Ban implements Command {
  readonly who: number
  readonly verb: 'ban' | 'unban'

  constructor(who: number, verb: 'ban' | 'unban') {
    this.who = who
    this.verb = verb
  }

  check = () => true

  async run(model: Model, { parts, people }: Real): Promise<void> {
    const refusal = this.verb === 'ban' && model.banned.has(this.who) ? 'user_already_banned' : 'done'
    const predicted = this.who === STRANGER ? 'user_not_found' : refusal

    expect(await codeOf(parts.user.banUser[this.verb](people[this.who] as UserId, CAUSE))).toBe(predicted)

    if (predicted !== 'done') return
    if (this.verb === 'ban') model.banned.add(this.who)
    else model.banned.delete(this.who)
  }

  toString = () => `${this.verb} ${this.who}`
}

class MoveClock implements Command {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }

  check = () => true

  async run(model: Model, { parts }: Real): Promise<void> {
    model.now += this.ms
    parts.clock.moveTo(model.now)
  }

  toString = () => `clock ${this.ms < 0 ? '' : '+'}${this.ms} ms`
}

class Close implements Command {
  readonly by: 'caller' | 'sweep'
  readonly luck: number

  constructor(by: 'caller' | 'sweep', luck: number) {
    this.by = by
    this.luck = luck
  }

  check = () => true

  async run(model: Model, real: Real): Promise<void> {
    const isOver = model.now >= MIDNIGHT
    const draws = model.status === 'open' && isOver
    const excluded = ordinals(model).filter((ordinal) => model.banned.has(model.ballots[ordinal - 1] as number))
    const admitted = ordinals(model).filter((ordinal) => !excluded.includes(ordinal))
    const nth = admitted.length > 0 ? this.luck % admitted.length : 0
    if (draws && admitted.length > 0) await real.parts.letWin(TODAY, admitted[nth] as number)

    if (this.by === 'sweep') {
      const { closed, failed } = await real.parts.lottery.closeDueLotteries.execute()
      expect({ closed, failed }).toEqual({ closed: draws ? [TODAY] : [], failed: [] })
    } else {
      const refusal = isOver ? 'done' : 'lottery_not_over'
      const predicted = { none: 'lottery_not_found', open: refusal, closed: 'done' }[model.status]
      expect(await codeOf(real.parts.lottery.closeLottery.execute(TODAY, CAUSE))).toBe(predicted)
    }

    if (!draws) return
    model.status = 'closed'
    model.winner = admitted[nth]
    real.closed = await real.parts.stores.lotteries.queries.find(TODAY)
    expect(summary(real.closed)).toMatchObject({
      status: 'closed',
      excludedCount: excluded.length,
      sealedAt: model.now,
      closedAt: model.now,
    })
    expect(real.closed?.draw?.winner?.ordinal).toBe(model.winner)
  }

  toString = () => `close by ${this.by}, luck ${this.luck}`
}

class LookUp implements Command {
  check = () => true

  async run({ status, ballots, winner }: Model, { parts, receipts, closed }: Real): Promise<void> {
    const lottery = await parts.stores.lotteries.queries.find(TODAY)
    const undrawn = { none: 'lottery_not_found', open: 'lottery_not_closed', closed: 'done' }[status]
    const predicted = status === 'closed' && winner === undefined ? 'lottery_without_winner' : undrawn

    expect(summary(lottery)?.status ?? 'none').toBe(status)
    expect(lottery?.ledger.size ?? 0).toBe(ballots.length)
    expect(await codeOf(parts.lottery.findWinner.execute(TODAY))).toBe(predicted)
    if (closed) expect(lottery).toEqual(closed)
    if (predicted === 'done') {
      expect(await parts.lottery.findWinner.execute(TODAY)).toEqual(accepted(receipts.get(winner as number)))
    }
    if (status === 'none') return
    const stored = await parts.lottery.listBallots.ofLottery({ date: TODAY, after: 0, limit: 1_000 })
    expect(stored).toEqual(ballots.map((_, index) => accepted(receipts.get(index + 1))))
  }

  toString = () => 'look up'
}

it('a lottery follows the rules under any sequence of commands', async () => {
  const who = fc.nat({ max: STRANGER })
  const hours = fc.constantFrom(1, 5, 6, 12, 13, 25, -1, -13, -25)
  const command = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(who, fc.constantFrom(undefined, 'k', 'l')).map((given) => new Submit(...given)) },
    { weight: 2, arbitrary: fc.tuple(who, fc.constantFrom('ban', 'unban')).map((given) => new Ban(...given)) },
    { weight: 2, arbitrary: hours.map((n) => new MoveClock(n * 3_600_000)) },
    { weight: 1, arbitrary: fc.constantFrom(1, -1).map((n) => new MoveClock(n)) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom('caller', 'sweep'), fc.nat()).map((given) => new Close(...given)),
    },
    { weight: 1, arbitrary: fc.constant(new LookUp()) },
  ) as fc.Arbitrary<Command>
  const anyCommands = fc.commands([command], { maxCommands: 60, size: '+1' }) as fc.Arbitrary<Iterable<Command>>
  const [submits, isBanned, isOver] = [new Submit(0, undefined), new Ban(0, 'ban'), new MoveClock(13 * 3_600_000)]
  const closes = new Close('caller', 0)
  const oneOfEachEnding: [Command[]][] = [
    [[]],
    [[submits]],
    [[submits, isOver, closes]],
    [[submits, isBanned, isOver, closes]],
  ]
  const endings: string[] = []

  await fc.assert(
    fc.asyncProperty(anyCommands, async (commands) => {
      const model: Model = {
        now: NOON,
        status: 'none',
        banned: new Set(),
        ballots: [],
        keys: new Map(),
        winner: undefined,
      }
      await fc.asyncModelRun(async () => ({ model, real: await newWorld() }), [...commands, new LookUp()])
      endings.push(model.winner === undefined ? model.status : 'won')
    }),
    { numRuns: 120, examples: oneOfEachEnding },
  )

  expect(new Set(endings), 'the commands reach every ending').toEqual(new Set(['none', 'open', 'closed', 'won']))
})

async function newWorld(): Promise<Real> {
  const parts = memoryParts({ at: NOON })
  const people: UserId[] = []
  while (people.length < PEOPLE) people.push(await parts.register())
  return { parts, people: [...people, userId(99)], receipts: new Map(), closed: undefined }
}

function ordinals({ ballots }: Model): number[] {
  return ballots.map((_, index) => index + 1)
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
    return 'done'
  } catch (error) {
    if (error instanceof DomainError) return error.code
    throw error
  }
}
