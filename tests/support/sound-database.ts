import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { createPool } from '../../src/shared/infrastructure/postgres-pool.ts'
import { accepted, aSubmit, CAUSE, date } from './builders.ts'
import { SIGNER } from './ledger.ts'
import { PostgresService, type Replica } from './postgres-service.ts'
import { createTestDatabase } from './test-database.ts'

/** Closed, with two ballots. */
export const FIRST = date('2031-05-13')
/** Sealed, with 20 ballots. */
export const SEALED = date('2031-05-14')
/** Closed, without ballots. */
export const EMPTY = date('2031-05-15')
/** Closed last, with {@link BALLOTS} ballots. The first two are of a banned user, the third is of one banned afterwards. */
export const DAY = date('2031-05-16')
/** Open, with 10 ballots. */
export const OPEN = date('2031-05-17')
export const BALLOTS = 300

/** A database as the service leaves it: five lotteries, six users, three bans, and all events in the audit log. */
export interface SoundDatabase {
  readonly service: PostgresService
  readonly replica: Replica
  /** Two active ones, one banned, one banned and unbanned, one banned after all seals, one without ballots. */
  readonly users: readonly UserId[]
  /** A pool of one connection, for transactions that are rolled back. */
  readonly pool: ReturnType<typeof createPool>
  close(): Promise<void>
}

export async function openSoundDatabase(create = createTestDatabase): Promise<SoundDatabase> {
  const service = await PostgresService.open('2031-05-13T12:00:00Z', create)
  const replica = await service.replica(4)
  await replica.bindLedgerKey.execute(SIGNER.verifierKey)
  const users: UserId[] = []
  for (let n = 0; n < 6; n += 1) {
    const person = { email: `user-${n}@example.org`, name: null }
    users.push((await replica.user.registerUser.execute(person, CAUSE)).user.id)
  }
  await service.clock.moveTo('2031-05-13T13:00:00Z')
  const submit = (day: CalendarDate, ...turns: number[]) =>
    submitTo(
      replica,
      day,
      turns.map((n) => users[n] as UserId),
    )
  await submit(FIRST, 0, 1)
  await submit(SEALED, ...Array.from({ length: 20 }, (_, n) => n % 2))
  await replica.lottery.createLottery.execute(EMPTY, CAUSE)
  await submit(DAY, 2, 2, 4, ...Array.from({ length: BALLOTS - 3 }, (_, n) => (n % 3 === 2 ? 3 : n % 3)))
  await replica.user.banUser.ban(users[2] as UserId, CAUSE)
  await replica.user.banUser.ban(users[3] as UserId, CAUSE)
  await service.clock.advance({ minutes: 1 })
  await replica.user.banUser.unban(users[3] as UserId, CAUSE)
  await service.clock.moveTo('2031-05-17T00:00:01Z')
  await replica.lottery.closeLottery.execute(FIRST, CAUSE)
  await replica.lottery.sealLottery.execute(SEALED, CAUSE)
  await replica.lottery.closeLottery.execute(EMPTY, CAUSE)
  await replica.lottery.closeLottery.execute(DAY, CAUSE)
  await submit(OPEN, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1)
  await service.clock.advance({ minutes: 1 })
  await replica.user.banUser.ban(users[4] as UserId, CAUSE)
  await replica.auditLog.sequenceNow()
  const pool = createPool({ url: service.url, max: 1 })
  return {
    service,
    replica,
    users,
    pool,
    close: async () => {
      await pool.end()
      await service.stop()
    },
  }
}

async function submitTo(replica: Replica, day: CalendarDate, users: readonly UserId[]): Promise<void> {
  const commands = users.map((userId) => aSubmit({ userId, date: day }))
  for (const outcome of await replica.lottery.submitBallots.execute(commands)) accepted(outcome)
}
