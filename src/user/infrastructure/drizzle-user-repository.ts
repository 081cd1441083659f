import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Identity } from '../../shared/domain/caller.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import type { Forgetting } from '../domain/forgetting.ts'
import { User } from '../domain/user.ts'
import type { Ban, UserRepository } from '../domain/user-repository.ts'
import { rowOfUser, userOf } from './rows.ts'
import { users, usersToForget } from './schema.ts'

/** Advisory lock. Bans take it shared, listing the banned takes it exclusive, so a listing sees a consistent set of bans. */
const BANS = sql`hashtext('user bans')`

export class DrizzleUserRepository implements UserRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async add(user: User): Promise<boolean> {
    const added = await this.#db
      .insert(users)
      .values(rowOfUser(user.state))
      .onConflictDoNothing()
      .returning({ id: users.id })
    if (added.length === 0) return false
    await addToOutbox(this.#db, user.takeEvents())
    return true
  }

  async ofIdentity(identity: Identity): Promise<User | undefined> {
    const [row] = await this.#db.select().from(users).where(eq(users.identity, identity))
    return row && User.rehydrate(userOf(row))
  }

  async lock(id: UserId): Promise<{ readonly user: User | undefined; readonly at: Instant }> {
    await this.#db.execute(sql`select pg_advisory_xact_lock_shared(${BANS})`)
    const [row] = await this.#db
      .select()
      .from(users)
      .where(and(eq(users.id, id), isNull(users.forgottenAt)))
      .for('update')
    return { user: row && User.rehydrate(userOf(row)), at: await readClock(this.#db) }
  }

  async save(user: User): Promise<void> {
    await this.#db.update(users).set(rowOfUser(user.state)).where(eq(users.id, user.state.id))
    await addToOutbox(this.#db, user.takeEvents())
  }

  async forget({ user: { id, forgottenAt }, events }: Forgetting): Promise<void> {
    const at = new Date(forgottenAt)
    const nothing = { email: null, name: null, identity: null }
    await this.#db
      .update(users)
      .set({ ...nothing, forgottenAt: at })
      .where(eq(users.id, id))
    await this.#db.insert(usersToForget).values({ userId: id, since: at })
    await addToOutbox(this.#db, events)
  }

  async now(): Promise<Instant> {
    return readClock(this.#db)
  }

  async banned(): Promise<{ readonly bans: readonly Ban[]; readonly asOf: Instant }> {
    await this.#db.execute(sql`select pg_advisory_xact_lock(${BANS})`)
    const asOf = await readClock(this.#db)
    const { rows } = await this.#db.execute<{ user_id: UserId; event_id: string }>(sql`
      select ${users.id} as user_id, ban.id as event_id
      from ${users} cross join lateral (
        select id from ${outbox}
        where aggregate = 'user/' || ${users.id} and type = 'user.banned.v1'
        order by seq desc limit 1
      ) ban
      where ${users.bannedAt} is not null`)
    // The lock is held to the end of this millisecond, so that a later ban is dated after it.
    await this.#db.execute(sql`select pg_sleep(0.001)`)
    return { bans: rows.map((row) => ({ userId: row.user_id, eventId: row.event_id })), asOf }
  }
}
