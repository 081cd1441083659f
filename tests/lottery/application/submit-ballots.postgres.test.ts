import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/shared/application/unit-of-work.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { aSubmit, date, verdict } from '../../support/builders.ts'
import { faultyClients } from '../../support/faulty-client.ts'
import { composed } from '../../support/ledger.ts'
import { countTo, PostgresService, type Replica, submit, tally } from '../../support/postgres-service.ts'

const DAY = date('2031-05-14')
const WAITING = `from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`

let service: PostgresService
let replica: Replica
let ada: UserId

beforeEach(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  replica = await service.replica(4)
  ;[ada] = (await service.users(1)) as [UserId]
  await submit(replica, aSubmit({ userId: ada, date: DAY }))
})
afterEach(() => service.stop())

describe('submits whose connection breaks on PostgreSQL', () => {
  it('are taken in on another connection when the server ends theirs', async () => {
    const release = await service.holdLottery(DAY)
    const submitting = submitCoalesced(replica, 50)
    await service.waitingForLocks(1)

    await service.query(`select pg_terminate_backend(pid) ${WAITING}`)
    await service.waitingForLocks(1) // the second try
    await release()

    expect(tally((await submitting).map(verdict))).toEqual({ accepted: 50 })
    expect(await service.ordinals(DAY)).toEqual(countTo(51))
  })

  it('fail when the server ends the second connection too, and none is stored', async () => {
    const release = await service.holdLottery(DAY)
    const submitting = expect(submitCoalesced(replica, 50)).rejects.toThrow(ConnectionLost)
    for (let tries = 0; tries < 2; tries += 1) {
      await service.waitingForLocks(1)
      await service.query(`select pg_terminate_backend(pid) ${WAITING}`)
    }

    await submitting
    await release()
    expect(await service.ordinals(DAY)).toEqual([1])
  })

  // Seen to fail where the second try did not look its ballots up, where it did so ahead of the lottery's lock, and where
  // the ballots had other ids: the first two end at the unique ids, the last one stores 100 ballots.
  it('wait for a COMMIT that goes on after the connection was lost, and are stored once', async () => {
    const { Client, breakNext } = faultyClients()
    const pool = createPool({ url: service.url, max: 2, Client })
    await service.query(
      `create function wait() returns trigger language plpgsql as $$
         begin perform pg_advisory_xact_lock_shared(7); return null; end $$;
       create constraint trigger wait after update on lotteries deferrable initially deferred
         for each row execute function wait()`,
    )
    const letCommit = await service.hold('select pg_advisory_xact_lock(7)')

    breakNext(/^commit$/i, 'sent')
    const submitting = submitCoalesced(composed(pool), 50)
    await service.waitingForLocks(2) // the COMMIT for the test, the second try for the lottery
    await letCommit()

    expect(tally((await submitting).map(verdict))).toEqual({ accepted: 50 })
    expect(await service.ordinals(DAY)).toEqual(countTo(51))
    await pool.end()
  })
})

/** As many callers at once, who are one list. */
function submitCoalesced({ ballots }: Pick<Replica, 'ballots'>, callers: number) {
  return Promise.all(countTo(callers).map(() => ballots.submitBallot.execute(aSubmit({ userId: ada, date: DAY }))))
}
