import { describe, expect, it, vi } from 'vitest'
import { headOfNote } from '../../src/ledger/infrastructure/signed-note.ts'
import { createPool } from '../../src/shared/infrastructure/postgres-pool.ts'
import { TODAY } from '../support/builders.ts'
import { PersistentSubmits } from '../support/persistent-submits.ts'
import { findPostgresPrograms } from '../support/postgres-programs.ts'
import { countTo } from '../support/postgres-service.ts'
import { ReplicatedPostgres } from '../support/replicated-postgres.ts'
import { type RunningService, startService } from '../support/running-service.ts'
import { storedFindings } from '../support/stored-findings.ts'
import { query } from '../support/test-clock.ts'

const INTERNAL_CLOSE_TOKEN = 'a-token-of-16-or-more'
const CALLERS = 8
/** Longest pause when the connections break, and when they fall silent. The service breaks a silent one after 6 s. */
const PAUSE_MS = { broken: 5_000, silent: 12_000 }
const programs = findPostgresPrograms('tests/failover/failover.e2e.test.ts')

describe.skipIf(!programs)('a service whose primary dies twice under submits', { timeout: 120_000 }, () => {
  it('goes on with the standby, loses no acknowledged ballot, and draws once', async () => {
    await using postgres = await ReplicatedPostgres.open(programs ?? '')
    await (await postgres.clock()).moveTo(`${TODAY}T12:00:00Z`)
    await using service = await startService({ DATABASE_URL: postgres.url, INTERNAL_CLOSE_TOKEN })
    const { body: user } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
    const submits = new PersistentSubmits(service, { user_id: user.id, date: TODAY }, CALLERS)
    const promised = await auditHead(service)

    await submits.acknowledged(100)
    submits.takeLongestPause()
    await postgres.primary.kill()
    postgres.address.moveTo(postgres.standby.port)
    await submits.refused(4 * CALLERS) // by a standby that takes no writes yet
    await postgres.failOver()
    await submits.acknowledged(100)
    const broken = submits.takeLongestPause()

    await postgres.follow()
    await submits.acknowledged(100)
    submits.takeLongestPause()
    await postgres.isolateStandby()
    await vi.waitFor(() => postgres.commitWaits(postgres.primary), { timeout: 10_000, interval: 20 })
    postgres.address.silence()
    await postgres.primary.kill()
    await postgres.failOver()
    await submits.acknowledged(100)
    const silent = submits.takeLongestPause()
    const receipts = await submits.stop()

    console.log(`the pause of the submits: ${broken} ms with broken connections, ${silent} ms with silent ones`)
    expect(broken).toBeLessThan(PAUSE_MS.broken)
    expect(silent).toBeLessThan(PAUSE_MS.silent)
    await (await postgres.clock()).advance({ hours: 12 })
    const winners = await Promise.all([close(service), close(service)])
    expect(new Set(winners).size).toBe(1)

    const url = postgres.urlOf(postgres.primary)
    const stored = await query(url, 'select id, ordinal::int from ballots order by ordinal')
    expect(receipts.toSorted((a, b) => a.ordinal - b.ordinal)).toEqual(stored)
    expect(receipts.map(({ ordinal }) => ordinal).toSorted((a, b) => a - b)).toEqual(countTo(receipts.length))
    expect(await query(url, "select from outbox where type = 'lottery.closed.v1'")).toHaveLength(1)
    const pool = createPool({ url, max: 1 })
    expect(await storedFindings(pool, promised)).toEqual([])
    await pool.end()
  })
})

/** Head of the signed audit log once it has the key, the user and the lottery. */
async function auditHead(service: RunningService) {
  return vi.waitFor(
    async () => {
      const head = headOfNote((await service.get<string>('/audit/checkpoint')).body)
      if (!head || head.size < 3) throw new Error('the audit log has fewer than 3 entries')
      return head
    },
    { timeout: 10_000, interval: 50 },
  )
}

async function close(service: RunningService): Promise<string> {
  const path = `/lotteries/close?date=${TODAY}`
  const { status, body } = await service.post<{ winner_ballot_id: string }>(path, undefined, {
    'x-internal-token': INTERNAL_CLOSE_TOKEN,
  })
  expect(status).toBe(200)
  return body.winner_ballot_id
}
