import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { SubmitAnswer } from '../../src/lottery/application/submit-command.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { createPool } from '../../src/shared/infrastructure/postgres-pool.ts'
import { aSubmit, CAUSE, date, userId, verdict } from '../support/builders.ts'
import { faultyClients } from '../support/faulty-client.ts'
import { composed } from '../support/ledger.ts'
import { countTo, PostgresService, type Replica, tally } from '../support/postgres-service.ts'

const NOON = '2031-05-14T12:00:00Z'
const DAY = date('2031-05-14')
const NEXT_DAY = date('2031-05-15')

let service: PostgresService
let replica: Replica
let users: readonly UserId[]

beforeEach(async () => {
  service = await PostgresService.open(NOON)
  replica = await service.replica(4)
  users = await service.users(5)
})
afterEach(() => service.stop())

describe('a batch of ballots on PostgreSQL', () => {
  it('leaves the rows that single submits in its order leave', async () => {
    const batch = countTo(400).map((n) => {
      if (n % 20 === 0) return aSubmit({ userId: userId(99), date: DAY })
      if (n % 20 === 1) return aSubmit({ userId: users[1] as UserId, date: date('2031-05-13') })
      const key = n % 3 === 0 ? { idempotencyKey: `${n % 90}` } : {}
      return aSubmit({ userId: users[n % 5] as UserId, date: n % 2 === 0 ? DAY : NEXT_DAY, ...key })
    })
    const other = await PostgresService.open(NOON)
    onTestFinished(() => other.stop())
    await other.query(
      `insert into users (id, email, created_at, last_seq) select id, id || '@example.org', now(), 1 from unnest($1::uuid[]) id`,
      [users],
    )
    const single = await other.replica(4)
    for (const { user } of [replica, single]) await user.banUser.ban(users[0] as UserId, CAUSE)
    const first = aSubmit({ userId: users[1] as UserId, date: DAY })

    await replica.lottery.submitQueue.submit(first) // a single submit, so that the batch is stored in slices
    const together = await replica.lottery.submitBatch.execute(batch)
    const oneByOne: SubmitAnswer[] = []
    for (const command of [first, ...batch]) oneByOne.push(await single.lottery.submitQueue.submit(command))

    expect(together.map(wordOf)).toEqual(oneByOne.slice(1).map(wordOf))
    expect(Object.keys(tally(together.map(wordOf))).sort()).toEqual([
      'accepted',
      'lottery_date_past',
      'replayed',
      'user_banned',
      'user_not_found',
    ])
    const rows = await rowsOf(service)
    expect(rows).toEqual(await rowsOf(other))
    expect(rows.length).toBeGreaterThan(200)
  })

  it('is stored once when its connection breaks before or after a COMMIT is sent, and when it is sent again', async () => {
    const { Client, breakNext } = faultyClients()
    const pool = createPool({ url: service.url, max: 2, Client })
    const { lottery } = composed(pool)
    await replica.lottery.submitQueue.submit(aSubmit({ userId: users[0] as UserId, date: DAY }))
    const batch = countTo(1_000).map((n) =>
      aSubmit({ userId: users[n % 5] as UserId, date: DAY, idempotencyKey: `key-${n}` }),
    )

    breakNext(/^commit$/i, 'sent')
    const first = await lottery.submitBatch.execute(batch)
    breakNext(/^commit$/i, 'before')
    const again = await lottery.submitBatch.execute([...batch].reverse())
    await pool.end()

    expect(tally(again.map(wordOf))).toEqual({ replayed: 1_000 })
    expect(again.map(idOf).reverse()).toEqual(first.map(idOf))
    expect(await service.ordinals(DAY)).toEqual(countTo(1_001))
  })

  it('does not deadlock with other batches of the same lotteries and keys, and these store each key once', async () => {
    const other = await service.replica(4)
    const batch = countTo(600).map((n) =>
      aSubmit({ userId: users[n % 5] as UserId, date: n % 2 === 0 ? DAY : NEXT_DAY, idempotencyKey: `${n}` }),
    )

    const answers = await Promise.all(
      [replica, other].flatMap(({ lottery }) => [
        lottery.submitBatch.execute(batch),
        lottery.submitBatch.execute([...batch].reverse()),
      ]),
    )

    expect(tally(answers.flat().map(wordOf))).toEqual({ accepted: 600, replayed: 1_800 })
    for (const day of [DAY, NEXT_DAY]) expect(await service.ordinals(day)).toEqual(countTo(300))
  })
})

function wordOf(answer: SubmitAnswer): string {
  return answer instanceof Error ? answer.message : verdict(answer)
}

function idOf(answer: SubmitAnswer): string {
  return answer instanceof Error || answer.kind === 'refused' ? wordOf(answer) : answer.ballot.id
}

/** Rows of all lotteries, without what is random or a time. Ids of keys are UUIDs of version 8. */
function rowsOf(stored: PostgresService): Promise<object[]> {
  return stored.query(
    `select lottery_date::text as at, ordinal::int as n, user_id::text as what,
       case when substr(id::text, 15, 1) = '8' then id::text end as key from ballots
     union all select date::text, ballot_count::int, status::text, null from lotteries
     union all select lottery_date::text, level * 1000 + index::int, 'subtree', null from ledger_subtrees
     union all select aggregate, seq::int, type, null from outbox where aggregate like 'lottery/%'
     order by 1, 3, 2`,
  )
}
