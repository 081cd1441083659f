import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pruneLater } from '../../support/pruned.ts'
import {
  BALLOTS,
  DAY,
  EMPTY,
  FIRST,
  OPEN,
  openSoundDatabase,
  SEALED,
  type SoundDatabase,
} from '../../support/sound-database.ts'
import { storedFindings } from '../../support/stored-findings.ts'

const ID = '0190f5fe-7c00-7a00-8000-000000000001'
const OTHER_DATE = '2031-06-01'

let database: SoundDatabase
let users: readonly string[]

beforeAll(async () => {
  database = await openSoundDatabase()
  users = database.users
})
afterAll(() => database.close())

// Each manipulation runs as by the owner of the database, who takes away what refuses it, and is rolled back.
beforeEach(async () => {
  await database.pool.query('begin; set local session_replication_role = replica; drop index outbox_once_a_lottery')
})
afterEach(() => database.pool.query('rollback'))

const flipped = (column: string, at: number) => `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`
const ballot = (change: string, ordinal = 77, day: string = DAY) =>
  `update ballots set ${change} where lottery_date = '${day}' and ordinal = ${ordinal}`
const row = (change: string, day: string = DAY) => `update lotteries set ${change} where date = '${day}'`
const seal = (change: string, day: string = DAY) => `update seals set ${change} where lottery_date = '${day}'`
const event = (change: string, type: string, day: string = DAY) =>
  `update outbox set ${change} where aggregate = 'lottery/${day}' and type = 'lottery.${type}.v1'`
const userEvent = (n: number, change: string, type: string) =>
  `update outbox set ${change} where aggregate = 'user/${users[n]}' and type = 'user.${type}.v1'`
const noUserEvent = (n: number, type: string) =>
  `delete from outbox where aggregate = 'user/${users[n]}' and type = 'user.${type}.v1'`
const insertBallot = (day: string, ordinal: number) => `
  insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
  select '${day}', ${ordinal}, gen_random_uuid(), user_id, user_salt, submitted_at
  from ballots where lottery_date = '${DAY}' and ordinal = 1`
const copyEvent = (type: string, day: string, seq: number, change = 'data') => `
  insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
  select aggregate, ${seq}, gen_random_uuid(), type, ${change}, actor, occurred_at
  from recorded_events where aggregate = 'lottery/${day}' and type = 'lottery.${type}.v1'`
const dataOf = (field: string, json: string) => `data = jsonb_set(data, '{${field}}', '${json}')`

const ROOT = 'the stored ballots do not lead to the stored root'

/** Each manipulation, and a sentence of the check that shows it. */
const MANIPULATIONS: Readonly<Record<string, readonly [sql: () => string, finding: string | RegExp]>> = {
  'a flipped bit in a salt': [() => ballot(flipped('user_salt', 15)), ROOT],
  'another id of a ballot': [() => ballot(`id = '${ID}'`), ROOT],
  'another user of a ballot': [() => ballot(`user_id = '${ID}'`), ROOT],
  'a later submission': [() => ballot(`submitted_at = submitted_at + interval '1 millisecond'`), ROOT],
  'a submission before the ballot before it': [
    () => ballot(`submitted_at = submitted_at - interval '1 hour'`),
    'ballot 77 was submitted before the ballot before it',
  ],
  'a submission after the day': [
    () => ballot(`submitted_at = submitted_at + interval '10 days'`, BALLOTS),
    `ballot 300 was submitted after the lottery's day`,
  ],
  'a flipped bit in the first ballot': [() => ballot(flipped('user_salt', 0), 1), ROOT],
  'a flipped bit in the last ballot': [() => ballot(flipped('user_salt', 0), BALLOTS), ROOT],
  'a flipped bit in a ballot of an open lottery': [() => ballot(flipped('user_salt', 0), 3, OPEN), ROOT],
  'two exchanged ballots': [
    () => `${ballot('ordinal = 1000', 290)}; ${ballot('ordinal = 290', 291)}; ${ballot('ordinal = 291', 1000)}`,
    ROOT,
  ],
  'a missing ballot': [
    () => `delete from ballots where lottery_date = '${DAY}' and ordinal = 77`,
    'ballot 77 is not stored',
  ],
  'a missing last ballot': [
    () => `delete from ballots where lottery_date = '${DAY}' and ordinal = ${BALLOTS}`,
    '300 ballots are counted, 299 are stored',
  ],
  'a missing last ballot of an open lottery': [
    () => `delete from ballots where lottery_date = '${OPEN}' and ordinal = 10`,
    '10 ballots are counted, 9 are stored',
  ],
  'a surplus ballot': [() => insertBallot(DAY, 301), 'ballot 301 is stored beyond the count of 300'],
  'a surplus ballot of a sealed lottery': [
    () => insertBallot(SEALED, 21),
    'ballot 21 is stored beyond the count of 20',
  ],
  'a surplus ballot of an open lottery': [() => insertBallot(OPEN, 11), 'ballot 11 is stored beyond the count of 10'],
  'a surplus ballot after a gap': [() => insertBallot(DAY, 307), 'ballot 307 is stored beyond the count of 300'],
  'a ballot before the first': [() => insertBallot(DAY, 0), 'ballot 0 is stored before the first'],
  'a flipped bit in a stored subtree': [
    () => `update ledger_subtrees set ${flipped('hash', 17)}`,
    'stored subtree 0 of level 8 is not that of the ballots',
  ],
  'a missing stored subtree': [
    () => 'delete from ledger_subtrees',
    'stored subtree 0 of level 8 is not that of the ballots',
  ],
  'a surplus stored subtree': [
    () => `insert into ledger_subtrees select lottery_date, 8, 1, hash from ledger_subtrees`,
    '2 subtrees are stored, 300 ballots have 1',
  ],
  'a stored subtree of a level that is not stored': [
    () => `insert into ledger_subtrees select '${FIRST}', 1, 0, hash from ledger_subtrees`,
    '1 subtrees are stored, 2 ballots have 0',
  ],

  'a count one too low': [() => row('ballot_count = ballot_count - 1'), 'ballot 300 is stored beyond the count of 299'],
  'a count one too high': [() => row('ballot_count = ballot_count + 1'), '301 ballots are counted, 300 are stored'],
  'another count with as many bits set': [() => row('ballot_count = 308'), '308 ballots are counted, 300 are stored'],
  'a flipped bit in the compact range': [() => row(flipped('ledger_range', 40)), ROOT],
  'a compact range that is too short': [
    () => row('ledger_range = substr(ledger_range, 1, 96)'),
    'the ballot count does not fit the compact range',
  ],
  'another time of creation': [
    () => row(`created_at = created_at - interval '1 hour'`),
    /^the created event occurred at .*, the row says /,
  ],
  'another time of the close': [
    () => row(`closed_at = closed_at + interval '1 second'`),
    /^the closed event occurred at .*, the row says /,
  ],
  'a close before the seal': [
    () => row(`closed_at = closed_at - interval '1 day'`),
    'the lottery was closed before it was sealed',
  ],
  'a flipped bit in the commitment': [
    () => row(flipped('entropy_source', 3)),
    'the secret does not fit the commitment',
  ],
  'another kind of entropy': [
    () => row(`entropy_kind = 'drand'`, OPEN),
    /^entropy of the created event is .*commit-reveal.*, the rows say .*drand/,
  ],
  'a round without a beacon': [
    () => row('entropy_round = 5', OPEN),
    `the column entropy_round contradicts the lottery's other facts`,
  ],
  'a commitment that is changed together with its secret': [
    () => `update entropy_secrets set secret = sha256('mine') where lottery_date = '${OPEN}';
           ${row(`entropy_source = sha256('LSC1'::bytea || sha256('mine'))`, OPEN)}`,
    /^entropy of the created event is /,
  ],
  'another secret of an open lottery': [
    () => `update entropy_secrets set ${flipped('secret', 0)} where lottery_date = '${OPEN}'`,
    'the secret does not fit the commitment',
  ],
  'a missing secret of a sealed lottery': [
    () => `delete from entropy_secrets where lottery_date = '${SEALED}'`,
    'the secret is not stored',
  ],
  'a flipped bit in the revealed secret': [
    () => row(flipped('reveal', 8)),
    'the revealed secret is not the stored secret',
  ],
  'another winner against the draw': [
    () => row('winner_ordinal = winner_ordinal % 300 + 1'),
    /^the draw gives ordinal \d+, stored is \d+$/,
  ],
  'another winner against its own closed event': [
    () => `update lotteries set winner_ordinal = 9, winner_ballot_id = ballots.id from ballots
           where date = '${DAY}' and lottery_date = '${DAY}' and ordinal = 9`,
    /^winners of the closed event is .*, the rows say /,
  ],
  'another winning ballot at the same ordinal': [
    () => row(`winner_ballot_id = '${ID}'`),
    /^the stored winner is not the ballot at its ordinal, \d+$/,
  ],
  'a missing winner': [
    () => row('winner_ordinal = null, winner_ballot_id = null'),
    /^the draw gives ordinal \d+, stored is none$/,
  ],
  'a winner of an empty lottery': [
    () => row(`winner_ordinal = 1, winner_ballot_id = '${ID}'`, EMPTY),
    'the draw gives ordinal none, stored is 1',
  ],
  'a winner of a sealed lottery': [
    () => row(`winner_ordinal = 1, winner_ballot_id = '${ID}'`, SEALED),
    `the column winner_ordinal contradicts the lottery's other facts`,
  ],
  'a sealed lottery called open': [
    () => row(`status = 'open'`, SEALED),
    `the column status contradicts the lottery's other facts`,
  ],
  'a closed lottery without its draw': [
    () => row(`status = 'sealed', reveal = null, closed_at = null, winner_ordinal = null, winner_ballot_id = null`),
    'event 3, lottery.closed.v1, is stored, although the row does not say so',
  ],
  'a closed lottery set back to open': [
    () => `${row(`status = 'open', reveal = null, closed_at = null, winner_ordinal = null, winner_ballot_id = null`)};
           delete from seals where lottery_date = '${DAY}'; delete from exclusions where lottery_date = '${DAY}'`,
    'event 2, lottery.sealed.v1, is stored, although the row does not say so',
  ],
  'an open lottery called sealed': [
    () => row(`status = 'sealed'`, OPEN),
    `the column status contradicts the lottery's other facts`,
  ],
  'another last event number': [() => row('last_seq = 7'), 'the last event is 3, the row says 7'],
  'a missing lottery': [
    () => `delete from lotteries where date = '${OPEN}'`,
    `ballots are stored for ${OPEN}, which has no lottery`,
  ],

  'another seal number': [() => seal('number = 7'), `seal 4 is missing before the seal of ${DAY}`],
  'two seals in another order': [
    () => `${seal('number = 99')}; ${seal('number = 4', EMPTY)}; ${seal('number = 3')}`,
    `the sealed event of ${EMPTY} stands before that of the seal before it in the audit log`,
  ],
  'a missing seal': [
    () => `delete from seals where lottery_date = '${SEALED}'`,
    `seal 2 is missing before the seal of ${EMPTY}`,
  ],
  'a missing last seal': [
    () => `delete from seals where lottery_date = '${DAY}'`,
    'event 2, lottery.sealed.v1, is stored, although the row does not say so',
  ],
  'another number of exclusions': [
    () => seal('excluded_count = 1'),
    'excluded_count of the sealed event is 2, the rows say 1',
  ],
  'another hash of the exclusions': [
    () => seal(flipped('exclusions_hash', 1)),
    'the stored exclusions are not those of the seal',
  ],
  'a round in a seal without a beacon': [
    () => seal('round = 1'),
    'the round of the seal does not follow from its time',
  ],
  'another previous seal hash': [
    () => seal(flipped('previous_hash', 0)),
    `the seal of ${DAY} does not follow the seal before it`,
  ],
  'another seal hash': [() => seal(flipped('hash', 31)), 'the stored facts do not lead to the seal hash'],
  'a seal before the end of the day': [
    () => seal(`sealed_at = sealed_at - interval '2 days'`),
    'the lottery was sealed before its day was over',
  ],
  'a seal one millisecond later': [
    () => seal(`sealed_at = sealed_at + interval '1 millisecond'`),
    'the stored facts do not lead to the seal hash',
  ],

  'a missing exclusion': [
    () => `delete from exclusions where ordinal = 2`,
    /^ballot 2 is not excluded, although event .* had banned its user at the seal$/,
  ],
  'a surplus exclusion': [
    () => `insert into exclusions select lottery_date, 300, event_id from exclusions where ordinal = 1`,
    'ballot 300 is excluded, although its user was not banned at the seal',
  ],
  'an exclusion of an active user in place of a banned one': [
    () => 'update exclusions set ordinal = 5 where ordinal = 2',
    'ballot 5 is excluded, although its user was not banned at the seal',
  ],
  'an exclusion by another ban': [
    () => `update exclusions set event_id = (select id from outbox where aggregate = 'user/${users[3]}' and seq = 2)`,
    /^ballot 1 is excluded by event .*, but event .* had banned its user$/,
  ],
  'an exclusion by a ban after the seal': [
    () => `insert into exclusions
           select '${DAY}', 3, id from outbox where aggregate = 'user/${users[4]}' and type = 'user.banned.v1'`,
    'ballot 3 is excluded, although its user was not banned at the seal',
  ],
  'an exclusion of an open lottery': [
    () => `insert into exclusions select '${OPEN}', 1, event_id from exclusions where ordinal = 1`,
    'exclusions are stored, although the lottery is not sealed',
  ],
  'an exclusion of a ballot that does not exist': [
    () => `insert into exclusions select lottery_date, 900, event_id from exclusions where ordinal = 1`,
    'ballot 900 is excluded, although its user was not banned at the seal',
  ],

  'a second sealed event': [() => copyEvent('sealed', DAY, 4), 'a second sealed event is stored, event 4'],
  'a second closed event, as after a close of a lottery that was opened again': [
    () => `${copyEvent('closed', DAY, 4, `jsonb_set(data, '{winners,0,ordinal}', '9')`)}; ${row('last_seq = 4')}`,
    'a second closed event is stored, event 4',
  ],
  'a second created event': [() => copyEvent('created', OPEN, 2), 'a second created event is stored, event 2'],
  'a deleted last event': [
    () => `delete from outbox where aggregate = 'lottery/${DAY}' and seq = 3`,
    'the closed event is not stored',
  ],
  'a deleted last event that was not yet in the audit log': [
    () => `${userEvent(5, 'id = id', 'registered')}; ${copyEvent('created', OPEN, 2)};
           update lotteries set last_seq = 2 where date = '${OPEN}';
           delete from outbox where aggregate = 'lottery/${OPEN}' and seq = 2`,
    'the last event is 1, the row says 2',
  ],
  'a deleted created event': [
    () => `delete from outbox where aggregate = 'lottery/${DAY}' and seq = 1`,
    'the created event is not stored',
  ],
  'a closed lottery whose sealed event is not in the audit log': [
    () => event('audit_index = null', 'sealed'),
    'the lottery is closed, but its sealed event is not in the audit log',
  ],
  'a sealed event before the created one': [
    () => event('audit_index = -1', 'sealed'),
    'the sealed event stands before the created event in the audit log',
  ],
  'another winner in the closed event': [
    () => event(dataOf('winners,0,user_id', `"${ID}"`), 'closed'),
    /^winners of the closed event is .*, the rows say /,
  ],
  'another root in the sealed event': [
    () => event(dataOf('root', '"00"'), 'sealed'),
    /^root of the sealed event is "00", the rows say "[0-9a-f]{64}"$/,
  ],
  'other prizes in the created event': [
    () => event(dataOf('prizes', '2'), 'created'),
    'prizes of the created event is 2, the rows say 1',
  ],
  'another created event of the sealed one': [
    () => event(dataOf('created_event_id', `"${ID}"`), 'sealed'),
    /^created_event_id of the sealed event is /,
  ],
  'a field too many in an event': [
    () => event(dataOf('late', 'true'), 'sealed'),
    'late of the sealed event is true, the rows say absent',
  ],
  'another time of the sealed event': [
    () => event(`occurred_at = occurred_at - interval '1 hour'`, 'sealed'),
    /^the sealed event occurred at /,
  ],
  'an event of an unknown type': [
    () => event(`type = 'lottery.drawn.v1'`, 'closed'),
    'event 3, lottery.drawn.v1, is stored, although the row does not say so',
  ],

  'ballots of no lottery': [
    () => insertBallot('2031-05-20', 1),
    'ballots are stored for 2031-05-20, which has no lottery',
  ],
  'stored subtrees of no lottery': [
    () => `select ensure_month('${OTHER_DATE}'); update ledger_subtrees set lottery_date = '${OTHER_DATE}'`,
    `stored subtrees are stored for ${OTHER_DATE}, which has no lottery`,
  ],
  'exclusions of no lottery': [
    () => `update exclusions set lottery_date = '${OTHER_DATE}'`,
    `exclusions are stored for ${OTHER_DATE}, which has no lottery`,
  ],
  'a seal of no lottery': [
    () => seal(`lottery_date = '${OTHER_DATE}'`),
    `seals are stored for ${OTHER_DATE}, which has no lottery`,
  ],
  'a secret of no lottery': [
    () => `insert into entropy_secrets values ('${OTHER_DATE}', 'x')`,
    `secrets are stored for ${OTHER_DATE}, which has no lottery`,
  ],
  'events of no lottery': [
    () => `update outbox set aggregate = 'lottery/${OTHER_DATE}' where aggregate = 'lottery/${OPEN}'`,
    `events are stored for ${OTHER_DATE}, which has no lottery`,
  ],

  'a ban that its user does not show': [
    () => `update users set banned_at = null where id = '${users[2]}'`,
    /^user .*: by the events banned at .*, the row says not banned$/,
  ],
  'an invented ban': [
    () => `update users set banned_at = now() where id = '${users[0]}'`,
    /^user .*: by the events not banned, the row says banned at /,
  ],
  'another time of a ban': [
    () => `update users set banned_at = banned_at - interval '1 hour' where id = '${users[2]}'`,
    /^user .*: by the events banned at .*, the row says banned at /,
  ],
  'a deleted ban event': [
    () => noUserEvent(2, 'banned'),
    'ballot 1 is excluded, although its user was not banned at the seal',
  ],
  'a deleted unban event': [
    () => noUserEvent(3, 'unbanned'),
    /^ballot 6 is not excluded, although event .* had banned its user at the seal$/,
  ],
  'a deleted last ban event, with its ban': [
    () => `${noUserEvent(4, 'banned')}; update users set banned_at = null, last_seq = 1 where id = '${users[4]}'`,
    /^entry \d+ is not the event that was recorded$/,
  ],
  'a ban event that is dated after the seal': [
    () => userEvent(2, `occurred_at = occurred_at + interval '9 days'`, 'banned'),
    'ballot 1 is excluded, although its user was not banned at the seal',
  ],
  'another time of a registration': [
    () => `update users set created_at = created_at - interval '1 day' where id = '${users[5]}'`,
    /^user .*: was registered at .*, the row says /,
  ],
  'a ban event of another user': [
    () => userEvent(2, dataOf('user_id', `"${users[0]}"`), 'banned'),
    /^user .*: event 2 names another user$/,
  ],
  'a missing user': [
    () => `delete from users where id = '${users[5]}'`,
    /^events of user\/.* are stored, but the user is not$/,
  ],

  'another ledger key': [
    () => `update ledger_key set verifier_key = replace(verifier_key, 'lottery.local', 'other')`,
    /^the event of the first use of other.* is not stored$/,
  ],
  'another time of the first use of the ledger key': [
    () => `update ledger_key set first_used_at = first_used_at + interval '1 second'`,
    /^the first use was at /,
  ],
  'a missing ledger key': [() => 'delete from ledger_key', /^an event of ledger-key\/.* is stored, but no key is$/],
}

/** Manipulations of events that a pruned database holds in the audit log alone. */
const OF_PRUNED_EVENTS = new Set([
  'a deleted last event',
  'a deleted created event',
  'a closed lottery whose sealed event is not in the audit log',
  'a sealed event before the created one',
  'another winner in the closed event',
  'another root in the sealed event',
  'other prizes in the created event',
  'another created event of the sealed one',
  'a field too many in an event',
  'another time of the sealed event',
  'an event of an unknown type',
])

const entry = (type: string) => `where aggregate = 'lottery/${DAY}' and type = 'lottery.${type}.v1'`

/** Manipulations of the entries that stand in for pruned events. */
const OF_ENTRIES: typeof MANIPULATIONS = {
  'a deleted entry': [() => `delete from audit_log ${entry('closed')}`, 'the closed event is not stored'],
  'another winner in an entry': [
    () =>
      `update audit_log set event = jsonb_set(event::jsonb, '{data,winners,0,user_id}', '"${ID}"') ${entry('closed')}`,
    /^winners of the closed event is .*, the rows say /,
  ],
  'another root in an entry': [
    () => `update audit_log set event = jsonb_set(event::jsonb, '{data,root}', '"00"') ${entry('sealed')}`,
    'the stored entries do not lead to the stored root',
  ],
  'another time in an entry': [
    () =>
      `update audit_log set event = jsonb_set(event::jsonb, '{occurred_at}', '"2031-05-17T00:00:09.000Z"') ${entry('sealed')}`,
    /^the sealed event occurred at /,
  ],
  'an entry of a lottery that is gone': [
    () => `delete from lotteries where date = '${EMPTY}'; delete from seals where lottery_date = '${EMPTY}'`,
    `events are stored for ${EMPTY}, which has no lottery`,
  ],
}

describe('the check of a sound database', () => {
  it('finds nothing', async () => {
    expect(await storedFindings(database.pool)).toEqual([])
  })
})

describe('the check finds', () => {
  it.each(Object.entries(MANIPULATIONS))('%s', (_name, [sql, finding]) => expectFinding(sql(), finding))
})

describe('in a pruned database, the check', () => {
  beforeAll(async () => {
    expect(await pruneLater(database.service, database.replica.pool)).toBe(15)
  })

  it('finds nothing', async () => {
    expect(await storedFindings(database.pool)).toEqual([])
  })

  const rest = Object.entries(MANIPULATIONS).filter(([name]) => !OF_PRUNED_EVENTS.has(name))
  it.each([...rest, ...Object.entries(OF_ENTRIES)])('finds %s', (_name, [sql, finding]) =>
    expectFinding(sql(), finding),
  )
})

async function expectFinding(sql: string, finding: string | RegExp): Promise<void> {
  await database.pool.query(sql)

  const findings = await storedFindings(database.pool)

  expect(findings).toContainEqual(typeof finding === 'string' ? finding : expect.stringMatching(finding))
}
