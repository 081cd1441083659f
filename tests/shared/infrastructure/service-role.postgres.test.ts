import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { grantToService, migrateDatabase } from '../../../src/shared/infrastructure/migrations.ts'
import { DisableWebhook } from '../../../src/webhooks/application/disable-webhook.ts'
import { postgresWebhooks } from '../../../src/webhooks/infrastructure/postgres-webhooks.ts'
import { accepted, aSubmit, CAUSE, date } from '../../support/builders.ts'
import { SIGNER } from '../../support/ledger.ts'
import { PostgresService, type Replica } from '../../support/postgres-service.ts'
import { prune, RETENTION_DAYS } from '../../support/pruned.ts'
import { storedFindings } from '../../support/stored-findings.ts'
import { query } from '../../support/test-clock.ts'

const DAY = date('2031-05-14')
/** Roles belong to the server, not to the database, so the name is one of this run. */
const ROLE = `lottery test ${randomBytes(4).toString('hex')}`

let service: PostgresService
let replica: Replica
let url: string

beforeAll(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  await service.query(`create role "${ROLE}" login password 'secret'`)
  await grantToService(service.url, ROLE)
  await service.query(`grant usage on schema test_clock to "${ROLE}"; grant select on test_clock.shift to "${ROLE}"`)
  url = Object.assign(new URL(service.url), { username: encodeURIComponent(ROLE), password: 'secret' }).href
  replica = await service.replica(4, url)
})

afterAll(async () => {
  const server = Object.assign(new URL(service.url), { pathname: '/postgres' }).href
  await service.stop()
  await query(server, `drop role "${ROLE}"`)
})

describe('the role of the service', () => {
  it('can do all that the service does', async () => {
    await migrateDatabase(url) // as at each start
    await replica.bindLedgerKey.execute(SIGNER.verifierKey)
    const register = (email: string) => replica.user.registerUser.execute({ email, name: null }, CAUSE)
    const [ada, bob] = [(await register('ada@example.org')).user.id, (await register('bob@example.org')).user.id]
    const commands = [ada, bob, ada, bob].map((userId: UserId) => aSubmit({ userId, date: DAY }))
    for (const outcome of await replica.lottery.submitBallots.execute(commands)) accepted(outcome)
    await replica.user.banUser.ban(bob, CAUSE)
    await replica.user.banUser.unban(bob, CAUSE)
    await replica.user.banUser.ban(bob, CAUSE)
    await service.clock.moveTo('2031-05-15T00:00:01Z')
    await replica.lottery.closingSchedule.wake()
    await replica.auditLog.sequenceNow()
    replica.events.relay.start()
    await expect.poll(() => service.query('select from outbox where published_at is null')).toEqual([])
    await replica.events.relay.stop()

    const { draw, seal } = await replica.lottery.findLottery.execute(DAY)
    expect([seal?.excludedCount, draw?.winner?.ordinal]).toEqual([2, expect.toBeOneOf([1, 3])])
    await replica.user.forgetUser.execute(ada, CAUSE)
    await service.clock.advance({ minutes: 6 })
    while (await replica.user.leaveBallots.execute());
    expect(await service.query('select from ballots where user_id is null')).toHaveLength(1) // the other one won
    expect(await service.query('select from users_to_forget')).toEqual([])
    await replica.auditLog.sequenceNow()
    expect(await storedFindings(replica.pool)).toEqual([])
  })

  it('can prune events, and delete no others', async () => {
    await service.clock.advance({ days: RETENTION_DAYS + 1 })

    expect(await prune(replica.pool)).toBeGreaterThan(0)
    expect(await storedFindings(replica.pool)).toEqual([])
    await expect(query(url, 'delete from outbox')).rejects.toThrow(/^events are never deleted/)
  })

  it('can make a webhook, send to it, and delete it', async () => {
    const { subscribe, manageWebhooks } = replica.webhooks
    const { queue } = postgresWebhooks(replica.pool)
    const { webhook } = await subscribe.execute({ url: 'https://receiver.example/', eventTypes: null }, CAUSE)
    await replica.user.registerUser.execute({ email: 'eve@example.org', name: null }, CAUSE)
    await replica.auditLog.sequenceNow()

    await queue.enqueue(await replica.auditLog.size())
    expect(await queue.hold(webhook.id)).toMatchObject({ url: webhook.url })
    const [due] = await queue.next(webhook.id, 1)
    const id = due?.event.id ?? ''
    await queue.markDelivered(webhook.id, id, { status: 204, error: null })
    await queue.release(webhook.id)
    expect(await manageWebhooks.redeliver(webhook.id, id)).toMatchObject({ state: 'pending', lastStatus: 204 })
    await queue.forgetDelivered(30)
    await new DisableWebhook(postgresWebhooks(replica.pool).unitOfWork).execute(webhook.id, id)
    await manageWebhooks.enable(webhook.id, CAUSE)
    await manageWebhooks.remove(webhook.id, CAUSE)

    expect(await service.query('select from webhook_secrets')).toEqual([])
  })

  it('can create the partition of a month', async () => {
    const lottery = await replica.lottery.createLottery.execute(date('2031-09-01'), CAUSE)

    expect(lottery.date).toBe('2031-09-01')
  })

  it('can create a partition of the audit log', async () => {
    await query(url, 'select ensure_audit_log(2000000)')

    expect(await service.query('select from audit_log_2')).toEqual([])
  })

  it.each([
    'delete from users',
    'delete from ballots',
    'update ballots set submitted_at = submitted_at',
    'truncate ballots_2031_05',
    'drop table ballots_2031_05',
    'update seals set round = 1',
    'truncate outbox',
    `update outbox set data = '{}'`,
    'update audit_log set event = event',
    'delete from audit_log',
    'update entropy_secrets set secret = secret',
    'update service_secrets set secret = secret',
    'update webhook_secrets set secret = secret',
    'delete from cosigned_checkpoints',
    'alter table lotteries disable trigger user',
    'create table public.mine ()',
    'set session_replication_role = replica',
  ])('may not %s', async (sql) => {
    await expect(query(url, sql)).rejects.toThrow(/^(permission denied|must be owner)/)
  })

  it('may not migrate, and says who may', async () => {
    await service.query(
      'delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)',
    )

    await expect(migrateDatabase(url)).rejects.toThrow(/^The database misses migrations.*as the owner/)
  })
})
