import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/shared/application/unavailable.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { aSubmit, date, verdict } from '../../support/builders.ts'
import { faultyClients } from '../../support/faulty-client.ts'
import { composed } from '../../support/ledger.ts'
import { countTo, PostgresService, type Replica, submit, tally } from '../../support/postgres-service.ts'

const DAY = date('2031-05-14')

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
  it('are stored over another connection when the server ends the first', async () => {
    const release = await service.holdLottery(DAY)
    const submitting = submitCoalesced(replica, 50)
    await service.waitingForLocks(1)

    await service.endWaitingForLocks()
    await service.waitingForLocks(1) // the retry
    await release()

    expect(tally((await submitting).map(verdict))).toEqual({ accepted: 50 })
    expect(await service.ordinals(DAY)).toEqual(countTo(51))
  })

  it('fail without storing a ballot when the server ends the second connection too', async () => {
    const release = await service.holdLottery(DAY)
    const submitting = expect(submitCoalesced(replica, 50)).rejects.toThrow(ConnectionLost)
    for (let tries = 0; tries < 2; tries += 1) {
      await service.waitingForLocks(1)
      await service.endWaitingForLocks()
    }

    await submitting
    await release()
    expect(await service.ordinals(DAY)).toEqual([1])
  })

  // This test fails when the retry does not look up its ballots or looks them up before it holds the lottery's lock (both
  // violate the unique ids), and when the retry gives its ballots other ids (100 ballots are stored).
  it('wait for a COMMIT that is still running after its connection is lost, and are stored once', async () => {
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
    await service.waitingForLocks(2) // the COMMIT waits for the test, the retry for the lottery
    await letCommit()

    expect(tally((await submitting).map(verdict))).toEqual({ accepted: 50 })
    expect(await service.ordinals(DAY)).toEqual(countTo(51))
    await pool.end()
  })
})

/** Submits one ballot for each of `callers` at once, so that they form one batch. */
function submitCoalesced({ lottery }: Pick<Replica, 'lottery'>, callers: number) {
  return Promise.all(countTo(callers).map(() => lottery.submitQueue.submit(aSubmit({ userId: ada, date: DAY }))))
}
