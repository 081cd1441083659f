import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identityOf } from '../../../src/shared/domain/caller.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { UserAlreadyBanned, UserNotFound } from '../../../src/user/domain/errors.ts'
import { accepted, aSubmit, CAUSE, date, verdict } from '../../support/builders.ts'
import { SIGNER } from '../../support/ledger.ts'
import { PostgresService, type Replica, race, submit } from '../../support/postgres-service.ts'
import { storedFindings } from '../../support/stored-findings.ts'

const DAY = date('2031-05-14')
const NOON = '2031-05-14T12:00:00Z'
const MIDNIGHT = '2031-05-15T00:00:01Z'
const IDENTITY = identityOf('https://issuer.example', 'the-subject-of-ada')
const PERSON = { email: 'ada@example.org', name: 'Ada Lovelace', identity: IDENTITY }

let service: PostgresService
let replica: Replica
let other: Replica
let ada: UserId
let bob: UserId

beforeEach(async () => {
  service = await PostgresService.open(NOON)
  ;[replica, other] = [await service.replica(6), await service.replica(6)]
  await replica.bindLedgerKey.execute(SIGNER.verifierKey)
  ada = (await replica.user.registerUser.execute(PERSON, CAUSE)).user.id
  bob = (await replica.user.registerUser.execute({ email: 'bob@example.org', name: null }, CAUSE)).user.id
})
afterEach(async () => {
  for (const { user } of [replica, other]) await user.leavingBallots.stop()
  await service.stop()
})

const forget = (id: UserId, by = replica) => by.user.forgetUser.execute(id, CAUSE)
const submitBy = (userId: UserId, by = replica) => submit(by, aSubmit({ userId, date: DAY }))
const close = () => replica.lottery.closeLottery.execute(DAY, CAUSE)

async function round(by = replica): Promise<void> {
  while (await by.user.leaveBallots.execute());
}

/** Ballots that name Ada, other than a winning one. */
const named = () =>
  service.query(
    `select ordinal from ballots join lotteries on date = lottery_date
     where user_id = $1 and ordinal is distinct from winner_ordinal`,
    [ada],
  )
const waiting = () => service.query('select from users_to_forget')

async function expectSound(): Promise<void> {
  await replica.auditLog.sequenceNow()
  expect(await storedFindings(replica.pool)).toEqual([])
}

describe('a forgotten user', () => {
  it('keeps its row without the person, and the person can register anew', async () => {
    await forget(ada)

    const [row] = await service.query<object>('select * from users where id = $1', [ada])
    expect(row).toMatchObject({ id: ada, email: null, name: null, subject: null, forgotten_at: expect.any(Date) })
    expect(await other.user.standings.of([ada])).toEqual(new Map([[ada, 'unknown']]))
    expect(await other.user.findUser.byEmail(PERSON.email)).toBeUndefined()
    await expect(other.user.findUser.execute(ada)).rejects.toThrow(UserNotFound)
    await expect(forget(ada, other)).rejects.toThrow(UserNotFound)
    const { user, isNew } = await other.user.registerUser.execute(PERSON, CAUSE)
    expect([isNew, user.id === ada]).toEqual([true, false])
    await expectSound()
  })

  it('is in no table, no event and no line of the log with an address, a name or a subject', async () => {
    await submitBy(ada)
    await forget(ada)
    await replica.auditLog.sequenceNow()
    await round()

    const tables = await service.query<{ name: string }>(
      `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
    )
    expect(tables.length).toBeGreaterThan(10)
    for (const { name } of tables)
      expect(JSON.stringify(await service.query(`select * from ${name}`)), name).not.toMatch(/ada@|Lovelace|of-ada/)
    const [event] = await service.query<{ text: string }>(
      `select outbox::text as text from outbox where type = 'user.forgotten.v1'`,
    )
    expect(event?.text).toContain('forgetting/')
    expect(event?.text).not.toContain(ada)
    expect(JSON.stringify(service.log)).not.toMatch(new RegExp(`ada@|Lovelace|of-ada|${ada}`))
  })

  it('who is banned cannot win a lottery that was open at the forgetting', async () => {
    for (const user of [ada, ada, ada, ada, bob, ada]) accepted(await submitBy(user))
    await replica.user.banUser.ban(ada, CAUSE)
    await forget(ada)
    await service.clock.moveTo(MIDNIGHT)

    const { seal, draw } = await close()

    expect([seal?.excludedCount, draw?.winner?.ordinal]).toEqual([5, 5])
    await round()
    expect([await named(), await waiting()]).toMatchObject([{ length: 5 }, { length: 0 }])
    await expectSound()
  })
})

describe('the loop', () => {
  it('is woken by a forgetting, and takes the user out of closed lotteries at once', async () => {
    for (const user of [ada, ada, bob, ada]) accepted(await submitBy(user))
    await service.clock.moveTo(MIDNIGHT)
    await close()
    replica.user.leavingBallots.start()
    await expect.poll(() => replica.pool.idleCount).toBe(6) // the first round is over, and the pause takes a minute

    await forget(ada)

    await expect.poll(named).toEqual([])
    await expectSound()
  })

  it('runs in two replicas at once', async () => {
    await replica.lottery.submitBallots.execute(
      Array.from({ length: 1_500 }, () => aSubmit({ userId: ada, date: DAY })),
    )
    await service.clock.moveTo(MIDNIGHT)
    await close()
    await forget(ada)
    await service.clock.advance({ minutes: 6 })

    await Promise.all([round(), round(other), round(), round(other)])

    expect([await named(), await waiting()]).toEqual([[], []])
    await expectSound()
  })
})

describe('a forgetting races', () => {
  it('with a submit that found the user active: its ballot is forgotten later', async () => {
    accepted(await submitBy(bob))
    const release = await service.holdLottery(DAY)
    const submitting = submitBy(ada)
    await service.waitingForLocks(1)
    await forget(ada)
    await round()
    expect(await waiting()).toHaveLength(1) // though no ballot names her yet

    await release()

    accepted(await submitting)
    expect(verdict(await submitBy(ada))).toBe('user_not_found')
    await service.clock.moveTo(MIDNIGHT)
    await round()
    expect(await waiting()).toHaveLength(1)
    await close()
    await round(other)
    expect([await named(), await waiting()]).toEqual([[], []])
    await expectSound()
  })

  it('with submits, closing, and rounds of both replicas', async () => {
    for (let n = 0; n < 5; n += 1) accepted(await submitBy(n % 2 ? ada : bob))
    await service.clock.moveTo('2031-05-14T23:59:59.900Z')

    await race(24, async (n) => {
      const by = n % 2 ? other : replica
      if (n < 8) await submitBy(ada, by)
      else if (n === 8) await forget(ada)
      else if (n < 16) await round(by)
      else await by.lottery.closeLottery.execute(DAY, CAUSE).catch(() => {}) // too early, for some
    })

    await service.clock.moveTo('2031-05-15T00:10:00Z')
    await close()
    await round()
    expect([await named(), await waiting()]).toEqual([[], []])
    await expectSound()
  })

  it('with bans: at most one ban comes before it, none after it, and one forgetting succeeds', async () => {
    const results = await race(20, async (n) => {
      const { user } = n % 2 ? other : replica
      const change = n < 10 ? user.banUser.ban(ada, CAUSE) : user.forgetUser.execute(ada, CAUSE)
      return change.then(
        () => (n < 10 ? 'banned' : 'forgotten'),
        (error: unknown) => {
          if (error instanceof UserNotFound || error instanceof UserAlreadyBanned) return 'refused'
          throw error
        },
      )
    })

    expect(results.filter((result) => result === 'forgotten')).toHaveLength(1)
    expect(results.filter((result) => result === 'banned').length).toBeLessThanOrEqual(1)
    await expectSound()
  })
})
