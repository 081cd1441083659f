import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeLargeLottery } from '../../bench/large-lottery.ts'
import { urlOfRunningServer } from '../../src/embedded-postgres/running-server.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { neverReading, requestsOf } from '../support/never-reading.ts'
import { type RunningService, startService } from '../support/running-service.ts'

const CLIENTS = 100
/** Their ledger has 8 MB, more than the kernel takes from an answer that is not read. */
const BALLOTS = 60_000

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lottery-service-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

it('serves others, and stops in order within 10 s, while clients never read the ledger', async () => {
  await using service = await startService({ DATA_DIR: folder })
  const { body: user } = await service.post<{ id: UserId }>('/users', { email: 'ada@example.org' })
  const url = await urlOfRunningServer(folder)
  if (url === undefined) throw new Error('the embedded server does not run')
  const date = CalendarDate.of(Date.now() + 2 * 86_400_000)
  await writeLargeLottery(url, { date, size: BALLOTS, users: [user.id] })
  const port = Number(new URL(service.url).port)

  const path = `/lotteries/${date}/ledger`
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => neverReading(port, requestsOf(path))))

  await expect.poll(async () => (await fetch(service.url + path)).status, { timeout: 10_000 }).toBe(503)
  const accepted = { count: 0 }
  const submitting = Array.from({ length: 20 }, () => submitUntilStopped(service, user.id, accepted))
  await expect.poll(() => accepted.count, { timeout: 20_000 }).toBeGreaterThan(200)
  const stoppedAt = performance.now()
  expect(await service.stop('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(performance.now() - stoppedAt).toBeLessThan(10_000)

  await Promise.all(submitting)
  const levels = service.output.split('\n').map((line) => JSON.parse(line) as { level: number; msg: string })
  expect(levels.filter(({ level, msg }) => level >= 40 && msg !== 'request failed')).toEqual([])
  expect(service.output).toContain('service stopped')
  for (const client of clients) client.destroy()
})

/** Submits ballots one after the other until the service does not answer, and counts those that it accepted. */
async function submitUntilStopped(service: RunningService, user: string, accepted: { count: number }): Promise<void> {
  for (;;) {
    const answer = await fetch(`${service.url}/lotteries/submit`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: user }),
    }).catch(() => undefined)
    await answer?.arrayBuffer().catch(() => {})
    if (answer === undefined) return
    if (answer.status === 201) accepted.count += 1
  }
}
