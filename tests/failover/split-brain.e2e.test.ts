import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { TODAY } from '../support/builders.ts'
import { findPostgresPrograms } from '../support/postgres-programs.ts'
import { ReplicatedPostgres } from '../support/replicated-postgres.ts'
import { RunningService } from '../support/running-service.ts'
import { useTestClock } from '../support/test-clock.ts'
import { WitnessServer } from '../support/witness-server.ts'

const INTERNAL_CLOSE_TOKEN = 'a-token-of-16-or-more'
const WITHIN = { timeout: 15_000, interval: 50 }
/** Either service may have held the lease of the cosigning, of 15 s, when the primary died. */
const PAST_THE_LEASE = { minutes: 1 }
const programs = findPostgresPrograms('tests/failover/split-brain.e2e.test.ts')

describe.skipIf(!programs)('an old primary that comes back with a service on it', { timeout: 120_000 }, () => {
  it('acknowledges nothing without its standby, and is refused by the witness and the data folder', async () => {
    await using postgres = await ReplicatedPostgres.open(programs ?? '')
    await using witness = await WitnessServer.open('witness.example')
    const WITNESSES = { WITNESSES: `${witness.verifierKey}=${witness.url}`, WITNESS_QUORUM: '1' }
    const settings = { INTERNAL_CLOSE_TOKEN, ...WITNESSES }
    const [old, kept] = [postgres.primary, join(postgres.folder, 'kept')]
    const oldUrl = postgres.urlOf(old)
    await (await postgres.clock()).moveTo(`${TODAY}T12:00:00Z`)
    await using service = new RunningService({ ...settings, DATABASE_URL: postgres.url, DATA_DIR: kept })
    await using astray = new RunningService({ ...settings, DATABASE_URL: oldUrl })
    await Promise.all([service.ready(), astray.ready()])
    const { body: user } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
    const ballot = { user_id: user.id, date: TODAY }
    await service.post('/lotteries/submit', ballot)
    await vi.waitFor(() => expect(witness.head.size).toBe(3), WITHIN)

    await old.kill()
    await postgres.failOver()
    await (await postgres.clock()).advance(PAST_THE_LEASE)
    await register(service, 'grace@example.org')
    await vi.waitFor(() => expect(witness.head.size).toBe(4), WITHIN)

    // The old primary still waits for its standby, and so does the commit of the ballot.
    await old.start()
    await vi.waitFor(async () => expect((await astray.get(`/lotteries/${TODAY}`)).status).toBe(200), WITHIN)
    const answer = astray.post('/lotteries/submit', ballot)
    await vi.waitFor(() => postgres.commitWaits(old), WITHIN)
    await old.kill()
    expect((await answer).status).toBe(503)

    // An operator who takes the setting away makes a second history.
    await old.start({ synchronous_standby_names: '' })
    await (await useTestClock(oldUrl)).advance(PAST_THE_LEASE)
    await register(astray, 'eve@example.org')
    await astray.line(/"witness":"witness\.example","result":"forked".*witness knows another audit log/)
    for (const clock of [await postgres.clock(), await useTestClock(oldUrl)]) await clock.advance({ hours: 12 })
    await vi.waitFor(async () => expect(await close(service)).toEqual([200, 'closed']), WITHIN)
    expect(await close(astray)).toEqual([202, 'sealed'])

    await using late = new RunningService({ DATABASE_URL: oldUrl, DATA_DIR: kept })
    expect((await late.exit).code).toBe(1)
    expect(late.output).toMatch(/but a checkpoint of (other )?\d+ entries was signed/)
  })
})

async function register(service: RunningService, email: string): Promise<void> {
  await vi.waitFor(async () => expect((await service.post('/users', { email })).status).toBe(201), WITHIN)
}

async function close(service: RunningService): Promise<[number, string]> {
  const headers = { 'x-internal-token': INTERNAL_CLOSE_TOKEN }
  const { status, body } = await service.post<{ status: string }>(`/lotteries/close?date=${TODAY}`, undefined, headers)
  return [status, body.status]
}
