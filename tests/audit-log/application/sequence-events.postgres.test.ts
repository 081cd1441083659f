import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/shared/application/unavailable.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { PostgresUnitOfWork } from '../../../src/shared/infrastructure/postgres-unit-of-work.ts'
import { DrizzleUserRepository } from '../../../src/user/infrastructure/drizzle-user-repository.ts'
import { accepted, aSubmit, aUser, CAUSE, date, userId } from '../../support/builders.ts'
import { hold } from '../../support/holding.ts'
import { countTo, PostgresService, type Replica, race, submit } from '../../support/postgres-service.ts'
import { expectWholeLog, loggedIn } from '../../support/whole-log.ts'

let service: PostgresService

beforeEach(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
})
afterEach(() => service.stop())

describe('the audit log', () => {
  it('takes an event whose transaction began first and committed last', async () => {
    const replica = await service.replica(4)
    const userWork = new PostgresUnitOfWork(replica.pool, (tx) => ({ users: new DrizzleUserRepository(tx) }))
    const slow = await hold(userWork, ({ users }) => users.add(aUser()))
    const { id: fast } = await register(replica, 'fast')

    await replica.auditLog.sequenceEvents.execute()
    const before = await loggedIn(service)
    await slow.commit()
    await replica.auditLog.sequenceEvents.execute()

    const positions = await service.query<{ aggregate: string }>('select aggregate from outbox order by position')
    const [first, last] = [`user/${userId()}`, `user/${fast}`]
    expect(positions.map(({ aggregate }) => aggregate)).toEqual([first, last])
    expect(before.map(({ aggregate }) => aggregate)).toEqual([last])
    expect((await loggedIn(service)).map(({ aggregate }) => aggregate)).toEqual([last, first])
    await expectWholeLog(service)
  })

  it('never takes an event whose transaction is rolled back', async () => {
    const replica = await service.replica(4)
    const userWork = new PostgresUnitOfWork(replica.pool, (tx) => ({ users: new DrizzleUserRepository(tx) }))
    const failing = await hold(userWork, ({ users }) => users.add(aUser()))
    await replica.auditLog.sequenceEvents.execute()
    await failing.rollBack()
    await register(replica, 'other')

    await replica.auditLog.sequenceEvents.execute()

    expect(await loggedIn(service)).toMatchObject([{ index: 0, seq: 1 }])
    await expectWholeLog(service)
  })

  it('takes up to 500 events a run, and reports whether more may wait', async () => {
    const { sequenceEvents } = (await service.replica(2)).auditLog
    await service.query(
      `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
       select 'user/a', n, gen_random_uuid(), 'user.banned.v1', '{}', 'anonymous', now() from generate_series(1, 1003) n`,
    )

    const turns = []
    for (let turn = 0; turn < 3; turn += 1)
      turns.push([await sequenceEvents.execute(), (await loggedIn(service)).length])

    expect(turns).toEqual([
      [true, 500],
      [true, 1_000],
      [false, 1_003],
    ])
    await expectWholeLog(service)
  })
})

describe('several replicas at once', () => {
  it('give every event one index without gaps, and keep the order of each aggregate', async () => {
    const replicas = await Promise.all(countTo(4).map(() => service.replica(6)))
    const working = new AbortController()
    const sequencing = Promise.all(
      replicas.map(async ({ auditLog }) => {
        while (!working.signal.aborted) await auditLog.sequenceEvents.execute()
      }),
    )

    await race(12, async (worker) => {
      const replica = replicas[worker % 4] as Replica
      for (const round of countTo(8)) {
        const { id } = await register(replica, `${worker}-${round}`)
        const day = date(`2031-06-${String(worker + round).padStart(2, '0')}`)
        accepted(await submit(replica, aSubmit({ userId: id, date: day })))
        await replica.user.banUser.ban(id, CAUSE)
        await replica.user.banUser.unban(id, CAUSE)
      }
    }).finally(() => working.abort())
    await sequencing
    await replicas[0]?.auditLog.sequenceEvents.execute()

    const lotteries = 19 // 12 workers and 8 rounds: one day for each possible sum
    expect(await loggedIn(service)).toHaveLength(12 * 8 * 3 + lotteries)
    await expectWholeLog(service)
  })

  it('do not wait for a replica that is sequencing, and take over when its connection is lost', async () => {
    const [slow, other] = await Promise.all([service.replica(2), service.replica(2)])
    for (const name of ['ada', 'ben', 'cleo']) await register(other, name)
    const release = await service.hold(
      `select from outbox where aggregate = (select max(aggregate) from outbox) for update`,
    )
    const turn = expect(slow.auditLog.sequenceEvents.execute()).rejects.toThrow(ConnectionLost)
    await service.waitingForLocks(1)

    const mayBeMore = await other.auditLog.sequenceEvents.execute()

    await service.waitingForLocks(1) // still the slow replica
    expect(mayBeMore).toBe(false)
    await service.endWaitingForLocks()
    await turn
    await release()
    expect(await loggedIn(service)).toEqual([])

    await other.auditLog.sequenceEvents.execute()
    await slow.auditLog.sequenceEvents.execute() // on a new connection, with nothing to do

    expect(await loggedIn(service)).toHaveLength(3)
    await expectWholeLog(service)
  })
})

async function register({ user }: Replica, name: string): Promise<{ readonly id: UserId }> {
  return (await user.registerUser.execute({ email: `${name}@example.org`, name }, CAUSE)).user
}
