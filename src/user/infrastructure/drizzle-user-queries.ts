import { eq, sql } from 'drizzle-orm'
import type { UserId } from '../../shared/domain/user-id.ts'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { UserQueries } from '../application/user-queries.ts'
import type { UserState } from '../domain/user.ts'
import { userOf } from './rows.ts'
import { users } from './schema.ts'

export class DrizzleUserQueries implements UserQueries {
  readonly #db: Database
  readonly #bans: ReturnType<typeof prepareBans>

  constructor(db: Database) {
    this.#db = db
    this.#bans = prepareBans(db)
  }

  async find(id: UserId): Promise<UserState | undefined> {
    const [row] = await this.#db.select().from(users).where(eq(users.id, id))
    return row && userOf(row)
  }

  async bans(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, boolean>> {
    const rows = await this.#bans.execute({ ids: arrayLiteral(ids) })
    return new Map(rows.map(({ id, banned }) => [id as UserId, banned]))
  }
}

function prepareBans(db: Database) {
  return db
    .select({ id: users.id, banned: sql<boolean>`${users.bannedAt} is not null` })
    .from(users)
    .where(sql`${users.id} = any(${sql.placeholder('ids')}::uuid[])`)
    .prepare('bans')
}
