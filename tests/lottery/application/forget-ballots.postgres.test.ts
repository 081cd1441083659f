import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import { postgresStorage } from '../../../src/composition/storage.ts'
import { ForgetBallots } from '../../../src/lottery/application/forget-ballots.ts'
import { ConnectionLost } from '../../../src/shared/application/unavailable.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { postgresOf } from '../../../src/shared/infrastructure/postgres.ts'
import { CAUSE } from '../../support/builders.ts'
import { DAY, FIRST, OPEN, openSoundDatabase, SEALED, type SoundDatabase } from '../../support/sound-database.ts'
import { storedFindings } from '../../support/stored-findings.ts'
import { linesIn, verdictOn } from '../../support/verifying.ts'

/** Ada has 99 of the 300 ballots of DAY, one of FIRST, ten of SEALED and five of OPEN. The banned user's are excluded. */
let database: SoundDatabase
let app: FastifyInstance
let ada: UserId
let banned: UserId
/** Forgets in pages of 40 ballots. */
let forgetBallots: ForgetBallots
/** A receipt of a ballot of Ada in OPEN. */
let receipt: string
/** Ledger, evidence and verdict of each day before the forgetting. */
let before: unknown

beforeAll(async () => {
  database = await openSoundDatabase()
  const { replica } = database
  ;[ada, , banned] = database.users as [UserId, UserId, UserId]
  app = await buildApp(replica, { maxEventLoopDelayMs: 0 })
  forgetBallots = new ForgetBallots(postgresStorage(postgresOf(replica.pool)).lottery.ballotsOfUser, 40)
  const submit = { method: 'POST', url: '/lotteries/submit', payload: { user_id: ada, date: OPEN } } as const
  receipt = (await app.inject(submit)).body
  before = await published()
})
afterAll(async () => {
  await app.close()
  await database.close()
})

/** Everything public about the two closed lotteries, and the verifier's verdict on it. */
async function published(): Promise<unknown> {
  const days = []
  for (const day of [FIRST, DAY]) {
    const ledger = (await app.inject(`/lotteries/${day}/ledger`)).body
    const evidence = (await app.inject(`/lotteries/${day}/evidence`)).json()
    days.push({ day, ledger, evidence, verdict: await verdictOn(app, day, { ledger: linesIn(ledger) }) })
  }
  return days
}

/** Number of ballots of a lottery that name the user. The winner does not count. */
async function named(day: string, user: UserId = ada): Promise<number> {
  const [row] = await database.service.query<{ count: number }>(
    `select count(*)::int from ballots join lotteries on date = lottery_date
     where lottery_date = $1 and user_id = $2 and ordinal is distinct from winner_ordinal`,
    [day, user],
  )
  return row?.count ?? 0
}

const findings = async () => {
  await database.replica.auditLog.sequenceNow()
  return storedFindings(database.replica.pool)
}

describe('forgetting a user in batches', () => {
  it('keeps what is stored right after a batch, and goes on after the connection was ended in the next one', async () => {
    await database.replica.user.forgetUser.execute(ada, CAUSE)
    expect(await findings()).toEqual([])
    const ballots = await named(DAY)
    // The first batch has the ballot of FIRST, ten of SEALED, and 29 of DAY. The fiftieth of DAY is in the second batch.
    const release = await database.service.hold(
      `select from ballots where lottery_date = '${DAY}' and ordinal = (
         select ordinal from ballots where lottery_date = '${DAY}' and user_id = $1 order by ordinal offset 49 limit 1)
       for update`,
      [ada],
    )

    const forgetting = forgetBallots.execute(ada)
    const ended = expect(forgetting).rejects.toThrow(ConnectionLost)
    await database.service.waitingForLocks(1)
    await database.service.endWaitingForLocks()
    await ended
    await release()

    expect(await named(FIRST)).toBe(0)
    expect(ballots - (await named(DAY))).toBeOneOf([28, 29]) // one less when the winner is among them
    expect(await findings()).toEqual([])
    expect(await forgetBallots.execute(ada)).toBe(false)
    expect([await named(FIRST), await named(DAY)]).toEqual([0, 0])
  })

  it('leaves the ballots of sealed and open lotteries', async () => {
    expect([await named(SEALED), await named(OPEN)]).toEqual([10, 6])
  })

  it('leaves excluded ballots, and is done with them', async () => {
    await database.replica.user.forgetUser.execute(banned, CAUSE)

    expect(await forgetBallots.execute(banned)).toBe(true)
    expect(await named(DAY, banned)).toBe(2)
  })

  it('changes no byte of ledger and evidence, no verdict, and nothing that is checked', async () => {
    expect(await published()).toEqual(before)
    expect(before).toMatchObject([{ verdict: { failed: [] } }, { verdict: { failed: [] } }])
    expect(await findings()).toEqual([])
  })

  it('goes on once the lotteries are closed, and the receipt of a forgotten user is still proved', async () => {
    await database.service.clock.moveTo('2031-05-18T00:00:01Z')
    for (const day of [SEALED, OPEN]) await database.replica.lottery.closeLottery.execute(day, CAUSE)

    expect(await forgetBallots.execute(ada)).toBe(true)

    expect([await named(SEALED), await named(OPEN)]).toEqual([0, 0])
    const { id } = JSON.parse(receipt) as { id: string }
    const ledger = (await app.inject(`/lotteries/${OPEN}/ledger`)).body
    const proof = (await app.inject(`/lotteries/${OPEN}/ballots/${id}/proof`)).body
    expect((await verdictOn(app, OPEN, { receipt, proof, ledger: linesIn(ledger) })).failed).toEqual([])
    expect(await findings()).toEqual([])
  })
})
