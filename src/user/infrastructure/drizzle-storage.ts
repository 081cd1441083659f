import type { Postgres } from '../../shared/infrastructure/postgres.ts'
import { PostgresUnitOfWork } from '../../shared/infrastructure/postgres-unit-of-work.ts'
import type { UserStorage } from '../application/user-storage.ts'
import { DrizzleUserQueries } from './drizzle-user-queries.ts'
import { DrizzleUserRepository } from './drizzle-user-repository.ts'
import { DrizzleUsersToForget } from './drizzle-users-to-forget.ts'

export function drizzleUserStorage({ pool, db }: Postgres): UserStorage {
  return {
    unitOfWork: new PostgresUnitOfWork(pool, (tx) => ({ users: new DrizzleUserRepository(tx) })),
    queries: new DrizzleUserQueries(db),
    usersToForget: new DrizzleUsersToForget(db),
  }
}
