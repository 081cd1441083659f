import { and, eq, isNotNull, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { Identity } from '../../shared/domain/caller.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { UserQueries } from '../application/user-queries.ts'
import type { UserState } from '../domain/user.ts'
import { userOf } from './rows.ts'
import { users } from './schema.ts'

export class DrizzleUserQueries implements UserQueries {
  readonly #db: Database
  readonly #exceptions: ReturnType<typeof prepareExceptions>

  constructor(db: Database) {
    this.#db = db
    this.#exceptions = prepareExceptions(db)
  }

  async find(id: UserId): Promise<UserState | undefined> {
    const [row] = await this.#db
      .select()
      .from(users)
      .where(and(eq(users.id, id), isNull(users.forgottenAt)))
    return row && userOf(row)
  }

  async findByEmail(email: string): Promise<UserState | undefined> {
    const [row] = await this.#db.select().from(users).where(sql`lower(${users.email}) = lower(${email})`)
    return row && userOf(row)
  }

  async idOf(identity: Identity): Promise<UserId | undefined> {
    const [row] = await this.#db.select({ id: users.id }).from(users).where(eq(users.identity, identity))
    return row && (row.id as UserId)
  }

  async bans(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, boolean>> {
    const bans = new Map(ids.map((id) => [id, false]))
    for (const { id, isKnown } of await this.#exceptions.execute({ ids: arrayLiteral(ids) })) {
      if (isKnown) bans.set(id, true)
      else bans.delete(id)
    }
    return bans
  }
}

/** Selects the given ids that are banned or unknown. They are few, and an active user needs no row in the result. */
function prepareExceptions(db: Database) {
  const given = sql`unnest(${sql.placeholder('ids')}::uuid[]) as given (id)`
  return db
    .select({ id: sql<UserId>`given.id`, isKnown: isNotNull(users.id) as SQL<boolean> })
    .from(given)
    .leftJoin(users, sql`${users.id} = given.id and ${users.forgottenAt} is null`)
    .where(or(isNull(users.id), isNotNull(users.bannedAt)))
    .prepare('bans')
}
