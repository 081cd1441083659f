import { and, asc, count, eq, isNotNull, sql } from 'drizzle-orm'
import type { UserId } from '../../shared/domain/user-id.ts'
import { clockMs } from '../../shared/infrastructure/database-clock.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { UsersToForget, UserToForget } from '../application/users-to-forget.ts'
import { users, usersToForget } from './schema.ts'

export class DrizzleUsersToForget implements UsersToForget {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async count(): Promise<number> {
    const [row] = await this.#db.select({ count: count() }).from(usersToForget)
    return row?.count ?? 0
  }

  async next(after: UserToForget | undefined): Promise<UserToForget | undefined> {
    const { userId, since } = usersToForget
    const place = after && sql`(${new Date(after.since).toISOString()}::timestamptz, ${after.userId}::uuid)`
    const [row] = await this.#db
      .select({ userId, since, at: clockMs })
      .from(usersToForget)
      .innerJoin(users, and(eq(users.id, userId), isNotNull(users.forgottenAt)))
      .where(place && sql`(${since}, ${userId}) > ${place}`)
      .orderBy(asc(since), asc(userId))
      .limit(1)
    if (!row) return undefined
    const sinceMs = row.since.getTime()
    return { userId: row.userId as UserId, since: sinceMs, ageMs: row.at - sinceMs }
  }

  async remove(id: UserId): Promise<void> {
    await this.#db.delete(usersToForget).where(eq(usersToForget.userId, id))
  }
}
