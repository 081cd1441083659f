import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SubmitBallotCommand, SubmitOutcome } from '../../../src/lottery/application/submit-command.ts'
import { LotteryClosed } from '../../../src/lottery/domain/errors.ts'
import { entered } from '../../../src/lottery/domain/ledger-entry.ts'
import { BatchingSubmitQueue } from '../../../src/lottery/infrastructure/batching-submit-queue.ts'
import { registerSubmitMetrics } from '../../../src/lottery/infrastructure/submit-metrics.ts'
import { DatabaseUnavailable, OutcomeUnknown } from '../../../src/shared/application/unavailable.ts'
import { aBallot, aSubmit, TODAY, userId } from '../../support/builders.ts'

/** Batches in flight. The test decides when and how each of them ends. */
class Batches {
  readonly started: { readonly users: readonly number[]; end(error?: unknown): void }[] = []
  /** Users whose ballots cannot be stored. A batch fails when it holds a ballot of one of them. */
  readonly poisoned = new Set<number>()
  /** Users of all stored ballots, once for every ballot. */
  readonly stored: number[] = []
  inFlight = 0

  execute(commands: readonly SubmitBallotCommand[]): Promise<SubmitOutcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<SubmitOutcome[]>()
    const users = commands.map(numberOf)
    this.inFlight += 1
    const end = (error?: unknown) => {
      this.inFlight -= 1
      const poisoned = users.filter((user) => this.poisoned.has(user))
      if (error !== undefined) reject(error)
      else if (poisoned.length > 0) reject(new Error(`poisoned: ${poisoned.join()}`))
      else {
        this.stored.push(...users)
        resolve(commands.map(outcomeOf))
      }
    }
    this.started.push({ users, end })
    return promise
  }

  /** Ends the newest batch, then lets its callers get their answers and the next batch start. */
  async end(error?: unknown): Promise<void> {
    this.started.at(-1)?.end(error)
    await turn()
  }
}

let batches: Batches
let registry: Registry
let submits: BatchingSubmitQueue

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }) // turns of the event loop stay real
  open()
})
afterEach(() => vi.useRealTimers())

describe('a caller that finds no batch in flight', () => {
  it('does not wait: its batch starts within the same turn of the event loop', async () => {
    const caller = submit(1)
    await turn()

    expect(users()).toEqual([[1]])
    await batches.end()
    expect(await caller).toBe('accepted 1')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('shares a batch with the other callers of the same turn, and every caller gets its own outcome', async () => {
    const callers = [3, 1, 2].map(submit)
    await turn()
    await batches.end()

    expect(users()).toEqual([[3, 1, 2]])
    expect(await Promise.all(callers)).toEqual(['accepted 3', 'accepted 1', 'accepted 2'])
  })
})

describe('callers that come while a batch is in flight', () => {
  it('are gathered over many turns, and become the next batch as soon as it ends', async () => {
    for (const n of [1, 2, 3]) {
      void submit(n)
      await turn()
    }
    expect(users()).toEqual([[1]])

    await batches.end()

    expect(users()).toEqual([[1], [2, 3]])
  })

  it('make batches of at most a thousand; the others wait for the batch after that', async () => {
    void submit(0)
    await turn()
    for (const n of Array(2_500).keys()) {
      void submit(n)
      if (n % 400 === 0) await turn()
    }
    await turn()

    while (batches.inFlight > 0) await batches.end()

    expect(users().flat()).toEqual([0, ...Array(2_500).keys()])
    expect(users().map(({ length }) => length)).toEqual([1, 801, 800, 899])
  })

  it('are refused at once when 10,000 callers wait already, and these keep their places', async () => {
    void submit(0)
    await turn()
    const callers = Array.from({ length: 10_000 }, (_, n) => submit(n))

    expect(await submit(99_999)).toBe('overloaded')
    expect(submits.waiting).toBe(10_000)
    while (batches.inFlight > 0) await batches.end()
    expect(new Set(await Promise.all(callers)).size).toBe(10_000)
    expect(users().flat()).not.toContain(99_999)
  })

  it('are refused after three seconds of waiting, and are never submitted', async () => {
    void submit(0)
    await turn()
    const [early, late] = [submit(1), settling(submit(2))]
    await turn()
    vi.advanceTimersByTime(1)
    const younger = settling(submit(3))
    await turn()

    vi.advanceTimersByTime(2_999)
    await turn()

    expect(await early).toBe('overloaded')
    expect([late.is, younger.is]).toEqual(['overloaded', undefined])
    await batches.end()
    await batches.end()
    expect(users()).toEqual([[0], [3]])
    expect(younger.is).toBe('accepted 3')
    expect(submits.waiting).toBe(0)
  })

  it('are refused each at its own deadline, by one timer', async () => {
    void submit(0)
    await turn()
    const callers = []
    for (const n of [1, 2, 3]) {
      callers.push(settling(submit(n)))
      await turn()
      vi.advanceTimersByTime(1_000)
    }

    const refused = []
    for (const _ of callers) {
      await turn()
      refused.push([...callers.map(({ is }) => is !== undefined), vi.getTimerCount()])
      vi.advanceTimersByTime(1_000)
    }

    expect(refused).toEqual([
      [true, false, false, 1],
      [true, true, false, 1],
      [true, true, true, 0],
    ])
  })
})

describe('a batch that fails', () => {
  it('fails only for the ballots that cannot be stored', async () => {
    for (const user of [2, 3, 9]) batches.poisoned.add(user)
    const callers = Array.from({ length: 10 }, (_, n) => submit(n))
    await turn()

    while (batches.inFlight > 0) await batches.end()

    expect(await Promise.all(callers)).toEqual([
      'accepted 0',
      'accepted 1',
      'Error: poisoned: 2',
      'Error: poisoned: 3',
      'accepted 4',
      'accepted 5',
      'accepted 6',
      'accepted 7',
      'accepted 8',
      'Error: poisoned: 9',
    ])
  })

  it.each([new DatabaseUnavailable(), new OutcomeUnknown()])(
    'because of the database is not split: every caller gets $code, and the next batch starts',
    async (error) => {
      const callers = [1, 2].map(submit)
      await turn()
      const next = submit(3)
      await turn()

      await batches.end(error)
      await batches.end()

      expect(users()).toEqual([[1, 2], [3]])
      expect(await Promise.all([...callers, next])).toEqual([error.code, error.code, 'accepted 3'])
    },
  )

  it('is given up when the database fails while the batch is split', async () => {
    const callers = [1, 2, 3, 4, 5, 6, 7, 8].map(submit)
    await turn()

    for (const end of [new Error('poisoned'), new Error('poisoned'), undefined, new DatabaseUnavailable()]) {
      await batches.end(end)
    }

    expect(users()).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [1, 2, 3, 4],
      [1, 2],
      [3, 4],
    ])
    expect(await Promise.all(callers)).toEqual([
      'accepted 1',
      'accepted 2',
      ...Array<string>(6).fill('database_unavailable'),
    ])
  })
})

describe('a batch of one caller', () => {
  it('is stored as a whole while no single submits come, and each ballot gets its own answer in its order', async () => {
    const batch = submitBatch(0, 1_000)
    await turn()
    expect(users()).toEqual([countFrom(0, 1_000)])
    await batches.end()

    expect(await batch).toEqual(countFrom(0, 1_000).map((n) => `accepted ${n}`))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('shares commits of a thousand ballots with the batches of others', async () => {
    const all = [submitBatch(0, 1), submitBatch(1, 350), submitBatch(351, 800)]
    while (batches.inFlight > 0) await batches.end()

    expect(users().map(({ length }) => length)).toEqual([1, 950, 200])
    expect(users().flat()).toEqual(countFrom(0, 1_151))
    expect((await Promise.all(all)).map(({ length }) => length)).toEqual([1, 350, 800])
  })

  it('is stored in slices of a hundred that take turns with single submits while these come', async () => {
    void submit(0)
    await turn()
    void Promise.all([submitBatch(1_000, 250), submitBatch(2_000, 100)])
    for (const n of [1, 2, 3]) {
      void submit(n)
      await turn()
    }

    const sizes = []
    for (let n = 4; batches.inFlight > 0; n += 1) {
      sizes.push(users().at(-1)?.length)
      if (n === 4 || n === 6) void submit(n)
      await turn()
      await batches.end()
    }

    expect(sizes).toEqual([1, 100, 4, 100, 1, 50, 100])
    expect(
      users()
        .flat()
        .filter((n) => n >= 1_000),
    ).toEqual([...countFrom(1_000, 250), ...countFrom(2_000, 100)])
  })

  it('is stored in whole commits again a second after the last single submit', async () => {
    void submit(0)
    await turn()
    void submitBatch(1_000, 500)
    await batches.end()
    vi.advanceTimersByTime(1_000)
    await batches.end()

    expect(users().map(({ length }) => length)).toEqual([1, 100, 400])
  })

  it('is refused at once when 10,000 ballots of batches wait already, and single submits are not', async () => {
    void submitBatch(0, 1)
    const waiting = Array.from({ length: 10 }, (_, n) => submitBatch(n * 1_000, 1_000))

    expect(await submitBatch(0, 1)).toEqual(['overloaded'])
    expect(submits.waiting).toBe(10_000)
    const single = submit(7)
    while (batches.inFlight > 0) await batches.end()
    expect(await single).toBe('accepted 7')
    expect((await Promise.all(waiting)).flat().every((answer) => answer.startsWith('accepted'))).toBe(true)
  })

  it('is refused from the slice on that has waited for three seconds, which is never stored', async () => {
    void submit(0)
    await turn()
    const batch = submitBatch(1_000, 300)
    await batches.end()
    vi.advanceTimersByTime(3_000)
    await turn()
    await batches.end()

    expect(await batch).toEqual([
      ...countFrom(1_000, 100).map((n) => `accepted ${n}`),
      ...Array<string>(200).fill('overloaded'),
    ])
    expect(users().map(({ length }) => length)).toEqual([1, 100])
    expect([submits.waiting, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('fails only for the ballots that cannot be stored, and for the slice during which the database fails', async () => {
    void submit(0)
    await turn()
    batches.poisoned.add(1_002)
    const batch = submitBatch(1_000, 104)
    await batches.end()
    while (users().at(-1)?.[0] !== 1_100) await batches.end()
    await batches.end(new OutcomeUnknown())

    const answers = await batch
    expect(answers.slice(0, 4)).toEqual(['accepted 1000', 'accepted 1001', 'Error: poisoned: 1002', 'accepted 1003'])
    expect(answers.slice(99)).toEqual(['accepted 1099', ...Array<string>(4).fill('outcome_unknown')])
  })

  it('is answered as a whole when the queue is drained, and refused afterwards', async () => {
    void submit(0)
    await turn()
    const batch = submitBatch(1_000, 250)
    const drained = settling(submits.drain().then(() => 'drained'))
    while (batches.inFlight > 0) await batches.end()

    expect((await batch).every((answer) => answer.startsWith('accepted'))).toBe(true)
    await turn()
    expect(drained.is).toBe('drained')
    expect(await submitBatch(0, 3)).toEqual(['overloaded'])
    expect(await registry.metrics()).toContain('lottery_submits_total{code="overloaded"} 3')
  })
})

describe('draining', () => {
  it('refuses new callers, and ends when all earlier callers have their answers', async () => {
    const before = [submit(1)]
    await turn()
    before.push(submit(2))
    await turn()
    before.push(submit(3))

    const drained = settling(submits.drain().then(() => 'drained'))
    expect(await submit(4)).toBe('overloaded')
    for (const batch of [[1], [2], [3]]) {
      expect([users().at(-1), drained.is]).toEqual([batch, undefined])
      await batches.end()
    }

    expect(await Promise.all(before)).toEqual(['accepted 1', 'accepted 2', 'accepted 3'])
    expect(drained.is).toBe('drained')
  })

  it('waits for callers of the same turn too', async () => {
    const caller = submit(1)
    const drained = settling(submits.drain().then(() => 'drained'))
    await turn()
    expect(drained.is).toBeUndefined()

    await batches.end()

    expect([await caller, drained.is]).toEqual(['accepted 1', 'drained'])
  })

  it('ends at once when no caller waits, also when it is repeated', async () => {
    await Promise.all([submits.drain(), submits.drain()])
  })
})

describe('every caller', () => {
  it('gets exactly one answer, which is an acceptance if and only if its ballot was stored, exactly once', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ submit: fc.integer({ min: 1, max: 600 }), poisoned: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ batch: fc.integer({ min: 1, max: 350 }) }) },
      { weight: 4, arbitrary: fc.constantFrom('end', 'turn') },
      { weight: 1, arbitrary: fc.constantFrom('away', 'a second') },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        open()
        const answers: string[][] = []
        for (const now of steps) {
          if (typeof now === 'object' && 'batch' in now) {
            const first = answers.length
            for (let n = 0; n < now.batch; n += 1) answers.push([])
            void submitBatch(first, now.batch).then((all) => {
              const each = all.length === now.batch ? all : Array<string>(now.batch).fill(all.join())
              for (const [n, answer] of each.entries()) answers[first + n]?.push(answer)
            })
          } else if (typeof now === 'object') {
            for (let n = 0; n < now.submit; n += 1) {
              const user = answers.push([]) - 1
              if (now.poisoned && n % 97 === 0) batches.poisoned.add(user)
              void submit(user).then((answer) => answers[user]?.push(answer))
            }
          } else if (now === 'turn') await turn()
          else if (now === 'a second') vi.advanceTimersByTime(1_000)
          else if (batches.inFlight > 0) await batches.end(now === 'away' ? new DatabaseUnavailable() : undefined)
          expect(batches.inFlight).toBeLessThanOrEqual(1)
        }

        const drained = settling(submits.drain().then(() => 'drained'))
        for (await turn(); batches.inFlight > 0; ) await batches.end()

        expect(drained.is).toBe('drained')
        expect(answers.filter(({ length }) => length !== 1)).toEqual([])
        const accepted = answers.flatMap(([answer], user) => (answer === `accepted ${user}` ? user : []))
        expect(batches.stored.toSorted((a, b) => a - b)).toEqual(accepted)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the metrics of submits', () => {
  it('count ballots by outcome, batches by size, and waiting callers', async () => {
    batches.poisoned.add(7)
    for (const user of [1, 2, REFUSED, REPLAYED]) void submit(user)
    await turn()
    await batches.end()
    void submit(7)
    await turn()
    void submit(8)
    await turn()

    const sample = await registry.metrics()
    expect(sample).toContain('lottery_submits_waiting 1')
    await batches.end()
    await batches.end(new DatabaseUnavailable())
    await submits.drain()
    await submit(9)

    const metrics = await registry.metrics()
    for (const [code, count] of Object.entries({
      accepted: 2,
      lottery_closed: 1,
      replayed: 1,
      internal_error: 1,
      database_unavailable: 1,
      overloaded: 1,
    })) {
      expect(metrics).toContain(`lottery_submits_total{code="${code}"} ${count}`)
    }
    expect(metrics).toContain('lottery_submit_batch_size_bucket{le="2"} 2')
    expect(metrics).toContain('lottery_submit_batch_size_count 3')
    expect(metrics).toContain('lottery_submit_batch_size_sum 6')
    expect(metrics).toContain('lottery_submits_waiting 0')
  })
})

const [REFUSED, REPLAYED] = [1_000_001, 1_000_002]

function open(): void {
  batches = new Batches()
  registry = new Registry()
  submits = new BatchingSubmitQueue(batches, registerSubmitMetrics(registry))
}

/** Submits a ballot of the n-th user. Resolves to its outcome in a word or two. */
function submit(n: number): Promise<string> {
  return submits.submit(aSubmit({ userId: userId(n) })).then(wordOf, nameOf)
}

function wordOf(outcome: SubmitOutcome): string {
  return outcome.kind === 'accepted' ? `accepted ${numberOf(outcome.ballot)}` : 'refused'
}

function nameOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

/** Submits ballots of users from the n-th on, as one batch. Resolves to their answers, each in a word or two. */
function submitBatch(n: number, count: number): Promise<string[]> {
  const batch = countFrom(n, count).map((user) => aSubmit({ userId: userId(user) }))
  return submits.submitBatch(batch).then(
    (answers) => answers.map((answer) => (answer instanceof Error ? nameOf(answer) : wordOf(answer))),
    (error: unknown) => [nameOf(error)],
  )
}

function countFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => first + n)
}

function users(): (readonly number[])[] {
  return batches.started.map((batch) => batch.users)
}

/** Watches a promise: `is` holds its value, or undefined while it is pending. */
function settling(promise: Promise<string>): { is: string | undefined } {
  const state: { is: string | undefined } = { is: undefined }
  void promise.then((value) => {
    state.is = value
  })
  return state
}

function numberOf({ userId: id }: { userId: string }): number {
  return Number(id.split('-').at(-1))
}

function outcomeOf(command: SubmitBallotCommand): SubmitOutcome {
  if (numberOf(command) === REFUSED) return { kind: 'refused', error: new LotteryClosed(TODAY) }
  const replayed = numberOf(command) === REPLAYED
  return { kind: 'accepted', ballot: entered(aBallot({ userId: command.userId })), replayed, checkpoint: '' }
}
