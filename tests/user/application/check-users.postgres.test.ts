import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { CAUSE } from '../../support/builders.ts'
import { pruneLater } from '../../support/pruned.ts'
import { openSoundDatabase, type SoundDatabase } from '../../support/sound-database.ts'
import { storedFindings } from '../../support/stored-findings.ts'

let database: SoundDatabase
/** Users: a forgotten one, and one who is not. */
let forgotten: UserId
let known: UserId

beforeAll(async () => {
  database = await openSoundDatabase()
  ;[forgotten, known] = database.users as [UserId, UserId]
  await database.replica.user.forgetUser.execute(forgotten, CAUSE)
  await database.replica.auditLog.sequenceNow()
})
afterAll(() => database.close())

// Each manipulation runs as by the owner of the database, who takes away what refuses it, and is rolled back.
beforeEach(async () => {
  await database.pool.query(
    'begin; set local session_replication_role = replica; alter table users drop constraint users_forgotten',
  )
})
afterEach(() => database.pool.query('rollback'))

const user = (change: string, id = forgotten) => `update users set ${change} where id = '${id}'`
const AT = /\d{4}-\d\d-\d\dT[\d:.]+Z/.source

/** Each manipulation, and the sentences of the check that show it. */
const MANIPULATIONS: Readonly<Record<string, readonly [sql: () => string, ...findings: (() => string)[]]>> = {
  'an address that came back': [
    () => user(`email = 'ada@example.org'`),
    () => `user ${forgotten}: is forgotten, but its e-mail address is stored`,
  ],
  'a name and a subject that came back': [
    () => user(`name = 'Ada', subject = 'issuer ada'`),
    () => `user ${forgotten}: is forgotten, but its name is stored`,
    () => `user ${forgotten}: is forgotten, but its subject is stored`,
  ],
  'a forgetting that was undone': [
    () => user(`forgotten_at = null, email = 'ada@example.org'`),
    () => `0 users are forgotten at ${AT}, 1 events say so`,
    () => `user ${forgotten}: waits for its ballots to be forgotten, but is not forgotten`,
  ],
  'another time of the forgetting': [
    () => user(`forgotten_at = forgotten_at + interval '1 second'`),
    () => `0 users are forgotten at ${AT}, 1 events say so`,
    () => `1 users are forgotten at ${AT}, 0 events say so`,
  ],
  'a user who was hidden without an event': [
    () => user('email = null, name = null, forgotten_at = now()', known),
    () => `1 users are forgotten at ${AT}, 0 events say so`,
  ],
  'an address that is gone without a forgetting': [
    () => user('email = null', known),
    () => `user ${known}: has no e-mail address, although it is not forgotten`,
  ],
  'a user whose ballots would be forgotten by the next round': [
    () => `insert into users_to_forget values ('${known}', now())`,
    () => `user ${known}: waits for its ballots to be forgotten, but is not forgotten`,
  ],
  'a ban of the forgotten user that is gone': [
    () => user('banned_at = now()'),
    () => `user ${forgotten}: by the events not banned, the row says banned at ${AT}`,
  ],
  'a forgotten user who is gone': [
    () => `delete from users where id = '${forgotten}'`,
    () => `0 users are forgotten at ${AT}, 1 events say so`,
    () => `events of user/${forgotten} are stored, but the user is not`,
    () => `user ${forgotten}: waits for its ballots to be forgotten, but is not forgotten`,
  ],
}

describe('the check of stored users', () => {
  it('finds nothing after a forgetting', async () => {
    expect(await storedFindings(database.pool)).toEqual([])
  })

  it.each(Object.entries(MANIPULATIONS))('finds %s', (_, [sql, ...findings]) => expectFindings(sql(), findings))
})

async function expectFindings(sql: string, findings: readonly (() => string)[]): Promise<void> {
  await database.pool.query(sql)

  const found = await storedFindings(database.pool)

  expect(found.sort()).toEqual(findings.map((finding) => expect.stringMatching(`^${finding()}$`)))
}

describe('the check of stored users in a pruned database', () => {
  beforeAll(async () => {
    expect(await pruneLater(database.service, database.replica.pool)).toBe(16)
  })

  it('finds nothing', async () => {
    expect(await storedFindings(database.pool)).toEqual([])
  })

  it.each(Object.entries(MANIPULATIONS))('finds %s', (_, [sql, ...findings]) => expectFindings(sql(), findings))
})

it('the next round touches no user who is not forgotten, even one who waits', async () => {
  await database.pool.query(`delete from users_to_forget; insert into users_to_forget values ('${known}', now())`)
  await database.pool.query('commit')
  try {
    expect(await database.replica.user.leaveBallots.execute()).toBe(false)
  } finally {
    await database.pool.query('begin')
  }
})
