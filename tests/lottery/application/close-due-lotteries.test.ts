import { beforeEach, describe, expect, it } from 'vitest'
import type { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { LedgerBroken } from '../../../src/lottery/domain/errors.ts'
import { DatabaseUnavailable } from '../../../src/shared/application/unavailable.ts'
import { aSubmit, CAUSE, date, SECRET, summary, TODAY, TOMORROW, verdict } from '../../support/builders.ts'
import { type MemoryParts, memoryParts } from '../../support/memory-app.ts'

const IN_TWO_DAYS = date('2026-03-12')

let parts: MemoryParts

beforeEach(async () => {
  parts = memoryParts()
})

describe('rule 9: every lottery whose day is over is closed', () => {
  it('closes yesterday, and leaves today open for ballots', async () => {
    const userId = await parts.register()
    await open(TODAY, TOMORROW)
    parts.clock.moveTo('2026-03-11T00:00:00Z')

    const report = await parts.lottery.closeDueLotteries.execute()

    expect(report).toMatchObject({ closed: [TODAY], failed: [] })
    expect(await status(TODAY, TOMORROW)).toEqual(['closed', 'open'])
    expect((await parts.lottery.submitBallots.execute([aSubmit({ userId, date: TOMORROW })])).map(verdict)).toEqual([
      'accepted',
    ])
  })

  it('closes all missed lotteries, oldest first, and leaves nothing for the next sweep', async () => {
    await open(IN_TWO_DAYS, TODAY, TOMORROW)
    parts.clock.moveTo('2026-03-13T08:00:00Z')

    const first = await parts.lottery.closeDueLotteries.execute()
    const second = await parts.lottery.closeDueLotteries.execute()

    expect(first).toMatchObject({ closed: [TODAY, TOMORROW, IN_TWO_DAYS], failed: [] })
    expect(second).toMatchObject({ closed: [], failed: [] })
    expect(closingsInOrder()).toEqual([TODAY, TOMORROW, IN_TWO_DAYS].map((day) => `lottery/${day}`))
  })

  it('continues after a lottery that fails, and closes that lottery on the next sweep', async () => {
    const userId = await parts.register()
    await parts.lottery.submitBallots.execute([aSubmit({ userId }), aSubmit({ userId, date: TOMORROW })])
    parts.clock.moveTo('2026-03-12T00:00:00Z')
    const { secrets } = parts.stores.lotteries
    secrets.rows.set(TODAY, Buffer.alloc(32, 255))

    const first = await parts.lottery.closeDueLotteries.execute()
    secrets.rows.set(TODAY, SECRET)
    const second = await parts.lottery.closeDueLotteries.execute()

    expect(first).toMatchObject({
      closed: [TOMORROW],
      failed: [{ date: TODAY, error: expect.any(LedgerBroken) as unknown }],
    })
    expect(second).toMatchObject({ closed: [TODAY], failed: [] })
  })

  it('returns the time until the next midnight', async () => {
    parts.clock.moveTo('2026-03-10T23:59:59.250Z')

    expect((await parts.lottery.closeDueLotteries.execute()).untilMidnightMs).toBe(750)
  })

  it('fails as a whole when it cannot read which lotteries are due', async () => {
    parts.database.unavailable = true

    await expect(parts.lottery.closeDueLotteries.execute()).rejects.toThrow(DatabaseUnavailable)
  })
})

async function open(...dates: CalendarDate[]): Promise<void> {
  for (const day of dates) await parts.lottery.createLottery.execute(day, CAUSE)
}

function status(...dates: CalendarDate[]) {
  return Promise.all(dates.map(async (day) => summary(await parts.stores.lotteries.queries.find(day))?.status))
}

function closingsInOrder(): string[] {
  return parts.outbox.filter(({ type }) => type === 'lottery.closed.v1').map(({ aggregate }) => aggregate)
}
