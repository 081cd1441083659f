import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { participantsOf } from '../../../src/composition/contexts.ts'
import type { AuditTrail } from '../../../src/lottery/application/audit-trail.ts'
import { CloseDueLotteries } from '../../../src/lottery/application/close-due-lotteries.ts'
import { DrawLottery } from '../../../src/lottery/application/draw-lottery.ts'
import { Entropies } from '../../../src/lottery/application/entropies.ts'
import { SealLottery } from '../../../src/lottery/application/seal-lottery.ts'
import { QUICKNET } from '../../../src/lottery/domain/entropy.ts'
import { ClosingSchedule } from '../../../src/lottery/infrastructure/closing-schedule.ts'
import { Standings } from '../../../src/user/application/standings.ts'
import { aNewLottery, instant, type LotterySummary, SECRET, summary, TODAY } from '../../support/builders.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { MemoryDatabase } from '../../support/memory-database.ts'
import { MemoryLotteries } from '../../support/memory-lotteries.ts'
import { MemoryUsers } from '../../support/memory-users.ts'

const MIDNIGHT = instant('2026-03-11T00:00:00Z')
const MINUTE = 60_000

/** The database's clock. It runs `ahead` milliseconds ahead of the service's clock, which vitest moves. */
class RunningClock extends ManualClock {
  ahead = 0

  override now(): number {
    return Date.now() + this.ahead
  }
}

/** An audit log that holds every event at once. */
const FIXED_AT_ONCE: AuditTrail = {
  append: async () => {},
  isSealFixed: async () => true,
  untilSealsAreFixed: async () => {},
  ofLottery: async () => undefined,
}

let clock: RunningClock
let database: MemoryDatabase
let lotteries: MemoryLotteries
let schedule: ClosingSchedule
let runs: number
/** Awaited by every run before it sweeps. */
let beforeSweep: () => Promise<void>

beforeEach(async () => {
  vi.useFakeTimers({ now: instant('2026-03-10T23:57:30Z') })
  clock = new RunningClock()
  database = new MemoryDatabase(clock)
  lotteries = new MemoryLotteries(database)
  const users = new MemoryUsers(database)
  const participants = participantsOf({ standings: new Standings(users.queries, users.unitOfWork) })
  const { unitOfWork, queries } = lotteries
  const entropies = new Entropies('commit-reveal', QUICKNET, () => SECRET)
  const sealLottery = new SealLottery(participants, unitOfWork, entropies)
  const beacon = { chain: QUICKNET, signatureOf: async () => undefined }
  const drawLottery = new DrawLottery(unitOfWork, beacon, FIXED_AT_ONCE)
  runs = 0
  beforeSweep = async () => {}
  const countRun = () => {
    runs += 1
    return beforeSweep()
  }
  schedule = new ClosingSchedule(
    new CloseDueLotteries(queries, sealLottery, drawLottery, FIXED_AT_ONCE),
    countRun,
    pino({ level: 'silent' }),
  )
  await lotteries.unitOfWork.run((repos) => repos.lotteries.add(aNewLottery(TODAY), SECRET))
})

afterEach(async () => {
  await schedule.stop()
  vi.useRealTimers()
})

describe('the closing schedule', () => {
  it('closes the day that ends at 00:00 UTC', async () => {
    await schedule.start()

    await advanceTo(MIDNIGHT - 1)
    expect(lottery()).toMatchObject({ status: 'open' })
    await advanceTo(MIDNIGHT + 10)

    expect(lottery()).toMatchObject({ status: 'closed' })
    expect(lottery()?.sealedAt).toBeLessThanOrEqual(MIDNIGHT + 10)
  })

  it('closes at its start the lotteries that ended while the service was down', async () => {
    vi.setSystemTime(MIDNIGHT + 3 * 86_400_000)

    await schedule.start()

    expect(lottery()).toMatchObject({ status: 'closed' })
  })

  it.each([300, 5_000, 59_000])("waits for the database's midnight when its clock is %i ms behind", async (behind) => {
    clock.ahead = -behind
    await schedule.start()

    await advanceTo(MIDNIGHT + behind - 1)
    expect(lottery()).toMatchObject({ status: 'open' })
    await advanceTo(MIDNIGHT + behind + 10)

    expect(lottery()).toMatchObject({ status: 'closed' })
    expect(lottery()?.sealedAt).toBeLessThanOrEqual(MIDNIGHT + 10)
  })

  it.each([300, 5_000])(
    "does not wait for its own midnight when the database's clock is %i ms ahead",
    async (ahead) => {
      clock.ahead = ahead
      await schedule.start()

      await advanceTo(MIDNIGHT - ahead + 10)

      expect(lottery()).toMatchObject({ status: 'closed' })
    },
  )

  it('sweeps every minute', async () => {
    await schedule.start()
    const atStart = runs

    await vi.advanceTimersByTimeAsync(2 * MINUTE)

    expect(runs - atStart).toBe(2)
  })

  it('continues after failed runs, and closes within a minute after the database is back', async () => {
    await schedule.start()
    database.unavailable = true
    await advanceTo(MIDNIGHT + 5 * MINUTE + 30_000)
    expect(lottery()).toMatchObject({ status: 'open' })

    database.unavailable = false
    await advanceTo(MIDNIGHT + 6 * MINUTE + 10)

    expect(lottery()).toMatchObject({ status: 'closed' })
  })

  it('closes due lotteries even when partitions for the future cannot be prepared', async () => {
    await schedule.start()
    beforeSweep = () => Promise.reject(new Error('no right to create tables'))

    await advanceTo(MIDNIGHT + 10)

    expect(lottery()).toMatchObject({ status: 'closed' })
  })

  it('survives a failed first run', async () => {
    database.unavailable = true
    await schedule.start()

    database.unavailable = false
    await advanceTo(MIDNIGHT + 10)

    expect(lottery()).toMatchObject({ status: 'closed' })
  })
})

describe('a wake-up during a run', () => {
  it('causes one more run after the current one, however many wake-ups came, and never two runs at once', async () => {
    const ends: (() => void)[] = []
    let running = 0
    let most = 0
    beforeSweep = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => void ends.push(resolve))
      running -= 1
    }

    const woken = [schedule.wake(), schedule.wake(), schedule.wake()]
    await vi.waitFor(() => expect(ends).toHaveLength(1))
    ends[0]?.()
    await vi.waitFor(() => expect(ends).toHaveLength(2))
    ends[1]?.()
    await Promise.all(woken)

    expect({ runs, most }).toEqual({ runs: 2, most: 1 })
  })
})

describe('stopping the schedule', () => {
  it('waits for the current run, and starts no run that was still requested', async () => {
    vi.setSystemTime(MIDNIGHT)
    const gate = Promise.withResolvers<void>()
    beforeSweep = () => gate.promise
    void schedule.wake()
    void schedule.wake()

    const stopped = vi.fn<() => void>()
    const stopping = schedule.stop().then(stopped)
    await vi.advanceTimersByTimeAsync(10 * MINUTE)
    expect(stopped).not.toHaveBeenCalled()
    gate.resolve()
    await stopping

    expect(runs).toBe(1)
    expect(lottery()).toMatchObject({ status: 'closed' })
  })

  it('leaves no timer, and nothing runs afterwards', async () => {
    vi.setSystemTime(MIDNIGHT - 30_000)
    await schedule.start()
    const before = runs

    await schedule.stop()
    expect(vi.getTimerCount()).toBe(0)
    await schedule.wake()
    await vi.advanceTimersByTimeAsync(86_400_000)

    expect(runs).toBe(before)
    expect(lottery()).toMatchObject({ status: 'open' })
  })

  it('works before the start, and twice', async () => {
    await schedule.stop()
    await schedule.stop()

    expect(vi.getTimerCount()).toBe(0)
  })
})

async function advanceTo(time: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(time - Date.now())
}

function lottery(): LotterySummary | undefined {
  return summary(lotteries.lotteries.rows.get(TODAY))
}
