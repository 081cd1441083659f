/** The public face of the user context. */
export { type UserUseCases, userRoutes } from './api/user-routes.ts'
export { BanUser } from './application/ban-user.ts'
export { FindUser } from './application/find-user.ts'
export { RegisterUser } from './application/register-user.ts'
export { Standings } from './application/standings.ts'
export type { UserRepos } from './domain/user-repository.ts'
export { DrizzleUserQueries } from './infrastructure/drizzle-user-queries.ts'
export { DrizzleUserRepository } from './infrastructure/drizzle-user-repository.ts'
