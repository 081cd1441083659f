import type { InferSelectModel } from 'drizzle-orm'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { UserState } from '../domain/user.ts'
import type { users } from './schema.ts'

type UserRow = InferSelectModel<typeof users>

/** @throws Error for a forgotten user */
export function userOf(row: UserRow): UserState {
  if (row.email === null) throw new Error('the stored user has no e-mail address')
  return {
    id: row.id as UserId,
    email: row.email,
    name: row.name,
    identity: row.identity,
    bannedAt: row.bannedAt?.getTime() ?? null,
    createdAt: row.createdAt.getTime(),
    lastSeq: row.lastSeq,
  }
}

export function rowOfUser(state: UserState): UserRow {
  return {
    ...state,
    bannedAt: state.bannedAt === null ? null : new Date(state.bannedAt),
    forgottenAt: null,
    createdAt: new Date(state.createdAt),
  }
}
