import { expect, it, onTestFinished, vi } from 'vitest'
import type { Evidence } from '../../src/verify/document.ts'
import { verify } from '../../src/verify/verify.ts'
import { TODAY } from '../support/builders.ts'
import { startService } from '../support/running-service.ts'
import { installTestClock } from '../support/test-clock.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { WitnessServer } from '../support/witness-server.ts'

const INTERNAL_CLOSE_TOKEN = 'a-token-of-16-or-more'

it('a lottery is drawn only after a quorum of witnesses has cosigned its seal, and its evidence shows that', async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const clock = await installTestClock(database.url)
  await clock.moveTo(`${TODAY}T12:00:00Z`)
  await using witness = await WitnessServer.open('witness.example')
  witness.manner = 'refusing'
  await using service = await startService({
    DATABASE_URL: database.url,
    INTERNAL_CLOSE_TOKEN,
    WITNESSES: `${witness.verifierKey}=${witness.url}`,
    WITNESS_QUORUM: '1',
  })
  const { body: user } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
  await service.post('/lotteries/submit', { user_id: user.id })
  await clock.advance({ hours: 12 })
  const close = async () => {
    const headers = { 'x-internal-token': INTERNAL_CLOSE_TOKEN }
    const answer = await fetch(`${service.url}/lotteries/close?date=${TODAY}`, { method: 'POST', headers })
    return [answer.status, ((await answer.json()) as { status: string }).status]
  }
  const evidence = () => service.get<Evidence>(`/lotteries/${TODAY}/evidence`)

  expect(await close()).toEqual([202, 'sealed'])
  expect((await evidence()).status).toBe(404)
  expect(witness.oldSizes).toEqual([])

  witness.manner = 'honest'
  await vi.waitFor(async () => expect(await close()).toEqual([200, 'closed']), { timeout: 10_000, interval: 50 })

  await vi.waitFor(async () => expect((await evidence()).status).toBe(200), { timeout: 5_000, interval: 50 })
  const { body } = await evidence()
  expect(body.audit.witnessed?.checkpoint).toContain('— witness.example ')
  expect(Number(body.audit.witnessed?.checkpoint.split('\n')[1])).toBeLessThanOrEqual(body.audit.closed.index)
  const { verdict, checks } = await verify({ evidence: JSON.stringify(body) })
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
  expect(verdict).toBe(3)
})
