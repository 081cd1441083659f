import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { answersOf } from '../support/archived-answers.ts'
import { MONTH, openArchivedMonth } from '../support/archived-month.ts'
import { CAUSE } from '../support/builders.ts'
import { pruneLater } from '../support/pruned.ts'
import { DAY, EMPTY, FIRST, OPEN, openSoundDatabase, SEALED, type SoundDatabase } from '../support/sound-database.ts'
import { storedFindings } from '../support/stored-findings.ts'
import { verdictOn } from '../support/verifying.ts'

describe('the service on a pruned database', () => {
  let database: SoundDatabase
  let app: Awaited<ReturnType<typeof buildApp>>
  let before: string[]

  beforeAll(async () => {
    database = await openSoundDatabase()
    app = await buildApp(database.replica, { maxEventLoopDelayMs: 0 })
    before = await answers()
    await pruneLater(database.service, database.replica.pool)
  })
  afterAll(async () => {
    await app.close()
    await database.close()
  })

  it('gives the same evidence, audit log and proofs, which the verifier accepts', async () => {
    expect(await answers()).toEqual(before)
    expect(await verdictOn(app, DAY)).toMatchObject({ failed: [] })
  })

  it('keeps the events that are looked up', async () => {
    const kept = await database.service.query<{ name: string }>(
      `select aggregate || ' ' || type as name from outbox order by audit_index`,
    )
    const [, , banned, unbanned, bannedLater] = database.users

    expect(kept.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^ledger-key.* ledger.key_used.v1$/),
      `lottery/${SEALED} lottery.created.v1`,
      `user/${banned} user.banned.v1`,
      `user/${unbanned} user.banned.v1`,
      `user/${unbanned} user.unbanned.v1`,
      `lottery/${SEALED} lottery.sealed.v1`,
      `lottery/${OPEN} lottery.created.v1`,
      `user/${bannedLater} user.banned.v1`,
    ])
  })

  it('bans, unbans, forgets, closes and seals with the banned, publishes, and is pruned again', async () => {
    const { replica, service, users } = database
    const [active, forgotten, banned, unbanned] = users
    if (!active || !forgotten || !banned || !unbanned) throw new Error('users are missing')
    await replica.user.banUser.ban(active, CAUSE)
    await replica.user.banUser.unban(banned, CAUSE)
    await replica.user.banUser.ban(unbanned, CAUSE)
    await replica.user.forgetUser.execute(forgotten, CAUSE)
    await replica.auditLog.sequenceNow()
    await replica.lottery.closeLottery.execute(SEALED, CAUSE)
    await replica.lottery.closeLottery.execute(OPEN, CAUSE)
    await replica.auditLog.sequenceNow()
    replica.events.relay.start()
    await expect.poll(() => service.query('select from outbox where published_at is null')).toEqual([])
    await replica.events.relay.stop()

    const { seal, draw } = await replica.lottery.findLottery.execute(OPEN)
    expect([seal?.excludedCount, (draw?.winner?.ordinal ?? 0) % 2]).toEqual([5, 0]) // `active` has the odd ballots
    expect(await storedFindings(replica.pool)).toEqual([])
    await pruneLater(service, replica.pool)
    expect(await storedFindings(replica.pool)).toEqual([])
    expect(await verdictOn(app, OPEN)).toMatchObject({ failed: [] })
    expect(await service.query(`select distinct split_part(type, '.', 1) as of from outbox order by 1`)).toEqual([
      { of: 'ledger' },
      { of: 'user' },
    ])
  })

  async function answers(): Promise<string[]> {
    const paths = [FIRST, EMPTY, DAY].flatMap((day) => [`/lotteries/${day}`, `/lotteries/${day}/evidence`])
    const found: string[] = []
    for (const path of [...paths, '/audit?limit=100', '/audit/log', '/audit/3/proof', '/audit/checkpoint']) {
      const { statusCode, body } = await app.inject(path)
      expect(statusCode).toBe(200)
      found.push(body)
    }
    return found
  }
})

describe('a month whose events are pruned', () => {
  it('is archived, verified, dropped and restored, and every answer stays the same', async () => {
    await using month = await openArchivedMonth()
    const before = await answersOf(month)
    await pruneLater(month.service, month.pool)
    expect(await month.service.query(`select from outbox where type like 'lottery.%'`)).toEqual([])

    expect(await month.archive(MONTH)).toEqual(['dropped'])
    expect(await answersOf(month)).toEqual(before)
    await month.replica().auditLog.sequenceNow()
    expect(await month.findings()).toEqual([])

    expect(await month.replica().archive.restoreMonth.execute(MONTH)).toBe(true)
    expect(await month.findings()).toEqual([])
  }, 60_000)
})
