import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { CAUSE, date, summary } from '../../support/builders.ts'
import { PostgresService, type Replica } from '../../support/postgres-service.ts'

const DAY = date('2031-05-14')
const NEXT_DAY = date('2031-05-15')
const MIDNIGHT = '2031-05-15T00:00:00Z'

let service: PostgresService
let replica: Replica

beforeEach(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  replica = await service.replica(3)
  for (const day of [DAY, NEXT_DAY]) await replica.lottery.createLottery.execute(day, CAUSE)
})

afterEach(() => service.stop())

describe('the closing schedule on PostgreSQL', () => {
  it("closes as soon as the database's day is over, before the next sweep", async () => {
    await service.clock.moveTo('2031-05-14T23:59:58Z')

    await replica.lottery.closingSchedule.start()
    expect(await status(DAY)).toBe('open')
    await vi.waitFor(() => expect(logged('lottery closed')).toEqual([DAY]), { timeout: 5_000 })

    const { sealedAt } = summary(await replica.lottery.findLottery.execute(DAY))
    expect(sealedAt).toBeGreaterThanOrEqual(Date.parse(MIDNIGHT))
    expect(sealedAt).toBeLessThan(Date.parse(MIDNIGHT) + 3_000)
    expect(await status(NEXT_DAY)).toBe('open')
  })

  it('runs once more after wake-ups during a run, and never twice at once', async () => {
    await service.clock.moveTo(MIDNIGHT)
    const release = await service.holdLottery(DAY)

    const first = replica.lottery.closingSchedule.wake()
    await service.waitingForLocks(1)
    await service.clock.moveTo('2031-05-16T00:00:00Z')
    const second = replica.lottery.closingSchedule.wake()
    const third = replica.lottery.closingSchedule.wake()
    await service.waitingForLocks(1)
    await release()
    await Promise.all([first, second, third])

    expect(logged('lottery closed')).toEqual([DAY, NEXT_DAY])
  })

  it('closes the other lotteries when one fails with its connection, and closes that one on the next run', async () => {
    await service.clock.moveTo('2031-05-16T00:00:00Z')
    const release = await service.holdLottery(DAY)

    const run = replica.lottery.closingSchedule.wake()
    await service.waitingForLocks(1)
    await service.endWaitingForLocks()
    await run
    await release()

    expect(logged('could not close the lottery')).toEqual([DAY])
    expect(await Promise.all([status(DAY), status(NEXT_DAY)])).toEqual(['open', 'closed'])
    await replica.lottery.closingSchedule.wake()
    expect(await status(DAY)).toBe('closed')
  })

  it('survives the loss of every connection between two runs', async () => {
    await replica.lottery.closingSchedule.start()
    await service.clock.moveTo(MIDNIGHT)
    await service.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and application_name = 'lottery-service'`,
    )
    await vi.waitFor(() => expect(replica.pool.totalCount).toBe(0))

    await replica.lottery.closingSchedule.wake()
    await replica.lottery.closingSchedule.wake()

    expect(await status(DAY)).toBe('closed')
  })

  it('survives an unreachable server, and closes when the server is back', async () => {
    await using proxy = await openProxy(service.url)
    const remote = await service.replica(3, proxy.url)
    await service.clock.moveTo(MIDNIGHT)

    proxy.cut()
    await remote.lottery.closingSchedule.wake()
    await remote.lottery.closingSchedule.wake()
    expect(logged('sweep failed, the next sweep starts within a minute')).toHaveLength(2)
    proxy.restore()
    await remote.lottery.closingSchedule.wake()

    expect(logged('lottery closed')).toEqual([DAY])
  })

  it('waits for the current run when it is stopped', async () => {
    await service.clock.moveTo('2031-05-16T00:00:00Z')
    const release = await service.holdLottery(DAY)
    const run = replica.lottery.closingSchedule.wake()
    await service.waitingForLocks(1)

    const stopping = replica.lottery.closingSchedule.stop().then(() => status(DAY))
    await release()

    expect(await stopping).toBe('closed')
    await run
  })

  it('does nothing after it is stopped', async () => {
    await service.clock.moveTo('2031-05-14T23:59:30Z')
    await replica.lottery.closingSchedule.start()
    await replica.lottery.closingSchedule.stop()
    await service.clock.moveTo(MIDNIGHT)

    await replica.lottery.closingSchedule.wake()

    expect(await status(DAY)).toBe('open')
    expect(service.log).toEqual([])
  })
})

async function status(day: CalendarDate): Promise<string> {
  return summary(await replica.lottery.findLottery.execute(day)).status
}

/** Dates of the log lines with this message, in order. */
function logged(message: string): unknown[] {
  return service.log.filter(({ msg }) => msg === message).map((line) => line.date)
}

/** Opens a proxy to the server. While it is cut, connections break and new ones are refused at once. */
async function openProxy(url: string) {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((incoming) => {
    if (isCut) return void incoming.destroy()
    const outgoing = connect(Number(target.port), target.hostname)
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    incoming.pipe(outgoing).pipe(incoming)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: Object.assign(new URL(url), { hostname: '127.0.0.1', port: String((server.address() as AddressInfo).port) })
      .href,
    cut,
    restore: () => {
      isCut = false
    },
    [Symbol.asyncDispose]: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
