import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CAUSE, date } from '../../support/builders.ts'
import { DAY, OPEN, openSoundDatabase, SEALED, type SoundDatabase } from '../../support/sound-database.ts'

/** The one change of a ballot that the database allows, and what is near to it. */

const LATER = date('2031-11-02')
const STAY = 'ballots never change and are never deleted'
const COMMIT = `sha256('LSU1'::bytea || user_salt || uuid_send(user_id))`
const forgotten = (commit = COMMIT) => `user_id = null, user_salt = null, user_commit = ${commit}`

let database: SoundDatabase
/** A ballot of DAY that neither won nor was excluded. */
let loser: string
let winner: string

beforeAll(async () => {
  database = await openSoundDatabase()
  const [row] = await database.service.query<{ winner: number }>(
    `select winner_ordinal::int as winner from lotteries where date = '${DAY}'`,
  )
  winner = of(DAY, row?.winner)
  await database.replica.lottery.createLottery.execute(LATER, CAUSE)
  loser = of(DAY, row?.winner === 100 ? 101 : 100)
})
afterAll(() => database.close())
beforeEach(() => database.pool.query('begin'))
afterEach(() => database.pool.query('rollback'))

function of(day: string, ordinal = 1): string {
  return `lottery_date = '${day}' and ordinal = ${ordinal}`
}

const change = (columns: string, where = loser) =>
  database.pool.query(`update ballots set ${columns} where ${where} returning *`)

describe('the database lets a ballot forget its user', () => {
  it('once', async () => {
    expect((await change(forgotten())).rowCount).toBe(1)

    await expect(change('user_commit = user_commit')).rejects.toThrow(STAY)
  })

  it('also through a partition that was made later', async () => {
    await database.pool.query(`set local session_replication_role = replica;
      update lotteries set status = 'closed', reveal = 'x', closed_at = now() where date = '${LATER}';
      insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
        select '${LATER}', 1, id, user_id, user_salt, submitted_at from ballots where ${loser};
      set local session_replication_role = origin`)

    expect((await change(forgotten(), of(LATER))).rowCount).toBe(1)
    await expect(change('ordinal = 2', of(LATER))).rejects.toThrow(STAY)
  })
})

describe('the database refuses', () => {
  it.each([
    ['another commitment', forgotten(`sha256('LSU1'::bytea || user_salt)`)],
    ['a commitment with another mark', forgotten(`sha256('LSU2'::bytea || user_salt || uuid_send(user_id))`)],
    ['a change of the id with it', `${forgotten()}, id = gen_random_uuid()`],
    ['a change of the ordinal with it', `${forgotten()}, ordinal = 1000`],
    ['a change of the time with it', `${forgotten()}, submitted_at = now()`],
    ['a change of the date with it', `${forgotten()}, lottery_date = '2031-05-13'`],
    ['another user', 'user_id = gen_random_uuid()'],
    ['no change', 'user_id = user_id'],
  ])('%s', async (_, columns) => {
    await expect(change(columns)).rejects.toThrow(STAY)
  })

  it.each([
    ['an open lottery', () => of(OPEN), 'its lottery is not closed'],
    ['a sealed lottery', () => of(SEALED), 'its lottery is not closed'],
    ['a winner', () => winner, 'it won'],
    ['an excluded ballot', () => of(DAY, 2), 'it was excluded from the draw'],
  ])('to forget the user of %s', async (_, where, reason) => {
    await expect(change(forgotten(), where())).rejects.toThrow(new RegExp(`^the ballot .* keeps its user: ${reason}$`))
  })

  it('to delete a ballot that forgot its user', async () => {
    await change(forgotten())

    await expect(database.pool.query(`delete from ballots where ${loser}`)).rejects.toThrow(STAY)
  })
})
