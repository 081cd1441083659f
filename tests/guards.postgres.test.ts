import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DAY, OPEN, openSoundDatabase, SEALED, type SoundDatabase } from './support/sound-database.ts'

/** What the triggers of the database refuse, and the sentence with which they do. */

let database: SoundDatabase

beforeAll(async () => {
  database = await openSoundDatabase()
  await database.service.query(`insert into cosigned_checkpoints (size, cosigners, note) values (1, 1, 'a note')`)
})
afterAll(() => database.close())

beforeEach(() => database.pool.query('begin'))
afterEach(() => database.pool.query('rollback'))

const BALLOTS_STAY = 'ballots never change and are never deleted'
const open = (change: string) => `update lotteries set ${change} where date = '${OPEN}'`
const sealed = (change: string) => `update lotteries set ${change} where date = '${SEALED}'`
const closed = (change: string) => `update lotteries set ${change} where date = '${DAY}'`
const unchanged = (day: string, reason: string) => `the lottery of ${day} is not changed: ${reason}`
const NO_DRAW = 'reveal = null, closed_at = null, winner_ordinal = null, winner_ballot_id = null'
const DRAW = `reveal = 'x', closed_at = now()`

const insert = (day: string) =>
  `insert into ballots select '${day}', 999, gen_random_uuid(), user_id, user_salt, submitted_at from ballots limit 1`

const REFUSED: Readonly<Record<string, string>> = {
  [sealed(`status = 'open'`)]: unchanged(SEALED, 'its status never goes back from sealed to open'),
  [closed(`status = 'sealed', ${NO_DRAW}`)]: unchanged(DAY, 'its status never goes back from closed to sealed'),
  [closed(`status = 'open', ${NO_DRAW}`)]: unchanged(DAY, 'its status never goes back from closed to open'),
  [open(`status = 'closed', ${DRAW}`)]: unchanged(OPEN, 'it is sealed before it is closed'),
  [open(`date = '2031-05-18'`)]: unchanged(OPEN, 'its date and the time of its creation never change'),
  [open('created_at = now()')]: unchanged(OPEN, 'its date and the time of its creation never change'),
  [open(`entropy_source = 'x'`)]: unchanged(OPEN, 'its entropy never changes'),
  [open(`entropy_kind = 'drand'`)]: unchanged(OPEN, 'its entropy never changes'),
  [sealed('entropy_round = 1')]: unchanged(SEALED, 'its entropy never changes'),
  [open('ballot_count = ballot_count - 1')]: unchanged(OPEN, 'its ballot count never decreases'),
  [open(`status = 'sealed', ballot_count = 11`)]: unchanged(OPEN, 'its ballots are sealed'),
  [sealed('ballot_count = 21')]: unchanged(SEALED, 'its ballots are sealed'),
  [sealed(`status = 'closed', ${DRAW}, ledger_range = 'x'`)]: unchanged(SEALED, 'its ballots are sealed'),
  [closed(`ledger_range = 'x'`)]: unchanged(DAY, 'its ballots are sealed'),
  [closed('winner_ordinal = 1 + winner_ordinal % 20')]: unchanged(DAY, 'its result changes only when it is closed'),
  [closed('winner_ballot_id = gen_random_uuid()')]: unchanged(DAY, 'its result changes only when it is closed'),
  [closed(`reveal = 'x'`)]: unchanged(DAY, 'its result changes only when it is closed'),
  [closed('closed_at = now()')]: unchanged(DAY, 'its result changes only when it is closed'),
  [closed('last_seq = 4')]: unchanged(DAY, 'it is closed'),
  [sealed('last_seq = 3')]: unchanged(SEALED, 'it is sealed'),
  'delete from lotteries': 'lotteries are never deleted',
  'truncate lotteries': 'lotteries are never deleted',

  'update ballots set user_salt = user_salt': BALLOTS_STAY,
  'update ballots_2031_05 set ordinal = ordinal + 1000': BALLOTS_STAY,
  'delete from ballots where ordinal = 1': BALLOTS_STAY,
  'delete from ballots_2031_05': BALLOTS_STAY,
  'truncate ballots': BALLOTS_STAY,
  'truncate ballots_2031_05': BALLOTS_STAY,
  [`select ensure_month('2031-11-01'); truncate ballots_2031_11`]: BALLOTS_STAY,

  [insert(SEALED)]: `the lottery of ${SEALED} takes no ballots any more`,
  [insert(DAY)]: `the lottery of ${DAY} takes no ballots any more`,

  'update seals set round = 1': 'seals never change and are never deleted',
  'delete from seals': 'seals never change and are never deleted',
  'truncate seals': 'seals never change and are never deleted',
  'update exclusions set ordinal = 9': 'exclusions never change',
  'truncate exclusions': 'exclusions never change',
  'delete from exclusions': 'exclusions are deleted only with their archived lottery',
  [`update ledger_subtrees set hash = 'x'`]: 'stored subtrees of ledgers never change',
  'truncate ledger_subtrees': 'stored subtrees of ledgers never change',
  'truncate ledger_subtrees_2031_05': 'stored subtrees of ledgers never change',
  [`select ensure_month('2031-11-01'); truncate ledger_subtrees_2031_11`]: 'stored subtrees of ledgers never change',
  [`update ledger_subtrees_2031_05 set hash = 'x'`]: 'stored subtrees of ledgers never change',
  'delete from ledger_subtrees': 'stored subtrees are deleted only with their archived lottery',
  [`update entropy_secrets set secret = 'x'`]: 'secrets of lotteries never change and are never deleted',
  'delete from entropy_secrets': 'secrets of lotteries never change and are never deleted',
  'truncate entropy_secrets': 'secrets of lotteries never change and are never deleted',
  [`update ledger_key set verifier_key = 'x'`]: 'the ledger key never changes',
  'delete from ledger_key': 'the ledger key never changes',

  'update outbox set seq = seq + 1': 'events never change, only their marks do',
  'update outbox set id = gen_random_uuid()': 'events never change, only their marks do',
  [`update outbox set data = '{}'`]: 'events never change, only their marks do',
  [`update outbox set type = 'x'`]: 'events never change, only their marks do',
  'update outbox set occurred_at = now()': 'events never change, only their marks do',
  [`update outbox set actor = 'service'`]: 'events never change, only their marks do',
  'update outbox set audit_index = null': 'an event keeps its place in the audit log',
  'update outbox set audit_index = audit_index + 1000': 'an event keeps its place in the audit log',
  'delete from outbox': 'events are never deleted',
  'truncate outbox': 'events are never deleted',
  [`set local lottery.pruning = 'on'; truncate outbox`]: 'events are never deleted',
  [`set local lottery.pruning = 'on'; update outbox set published_at = now() where audit_index > 0; delete from outbox`]:
    'events are never deleted before they are published and in the audit log',
  [`update outbox set published_at = now(); delete from outbox where audit_index = 5`]:
    'events are never deleted, except when old ones are pruned',
  [`insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
    values ('lottery/${DAY}', 4, gen_random_uuid(), 'lottery.closed.v1', '{}', 'service', now())`]:
    'duplicate key value violates unique constraint "outbox_once_a_lottery"',

  'update audit_log set event = event': 'entries of the audit log never change and are never deleted',
  'delete from audit_log': 'entries of the audit log never change and are never deleted',
  'truncate audit_log': 'entries of the audit log never change and are never deleted',
  'delete from audit_log_0': 'entries of the audit log never change and are never deleted',
  'truncate audit_log_0': 'entries of the audit log never change and are never deleted',
  'select ensure_audit_log(2000000); truncate audit_log_2':
    'entries of the audit log never change and are never deleted',
  [`update audit_subtrees set hash = 'x'`]: 'stored subtrees of the audit log never change',
  'delete from audit_subtrees': 'stored subtrees of the audit log never change',
  'update audit_head set size = size - 1': 'the audit log only grows',
  'delete from audit_head': 'the audit log only grows',
  [`update cosigned_checkpoints set note = 'x'`]: 'cosigned checkpoints never change',
  'delete from cosigned_checkpoints': 'cosigned checkpoints never change',
  'truncate cosigned_checkpoints': 'cosigned checkpoints never change',
}

const ALLOWED = [
  insert(OPEN),
  open('ballot_count = ballot_count + 1, last_seq = last_seq + 1'),
  open(`status = 'sealed', last_seq = last_seq + 1`),
  sealed(`status = 'closed', ${DRAW}, last_seq = last_seq + 1`),
  closed('last_seq = last_seq'),
  'update outbox set published_at = now(), attempts = 1, retry_at = now()',
  `set local lottery.archiving = 'on'; delete from exclusions; delete from ledger_subtrees`,
  `set local lottery.pruning = 'on'; update outbox set published_at = now(); delete from outbox`,
  'alter table ballots detach partition ballots_2031_05; drop table ballots_2031_05',
]

describe('the database refuses', () => {
  it.each(Object.entries(REFUSED))('%s', async (sql, sentence) => {
    await expect(database.pool.query(sql)).rejects.toThrow(sentence)
  })
})

describe('the database allows', () => {
  it.each(ALLOWED)('%s', async (sql) => {
    await expect(database.pool.query(sql)).resolves.toBeDefined()
  })
})

describe('the setting of an archive', () => {
  it.each(['lotteries', 'ballots', 'seals', 'entropy_secrets', 'outbox', 'audit_log'])(
    'deletes no %s',
    async (table) => {
      await database.pool.query(`set local lottery.archiving = 'on'`)

      await expect(database.pool.query(`delete from ${table}`)).rejects.toThrow(/never/)
    },
  )
})
