import type { ArchiveStorageSettings } from '../archive/infrastructure/archive-storage.ts'
import type { composeAuditLog } from '../audit-log/index.ts'
import { drizzleAuditLogStorage } from '../audit-log/infrastructure/drizzle-storage.ts'
import type { composeLottery } from '../lottery/index.ts'
import { drizzleLotteryStorage } from '../lottery/infrastructure/drizzle-storage.ts'
import type { Postgres } from '../shared/infrastructure/postgres.ts'
import type { composeUser } from '../user/index.ts'
import { drizzleUserStorage } from '../user/infrastructure/drizzle-storage.ts'

/** The storage of each context. */
export interface Storage {
  readonly user: Parameters<typeof composeUser>[0]
  readonly lottery: Parameters<typeof composeLottery>[0]
  readonly auditLog: Parameters<typeof composeAuditLog>[0]
}

export interface ArchiveSettings extends ArchiveStorageSettings {
  readonly afterMonths: number | undefined
  readonly graceDays: number
  readonly publicUrl: string | undefined
}

export function postgresStorage(postgres: Postgres): Storage {
  return {
    user: drizzleUserStorage(postgres),
    lottery: drizzleLotteryStorage(postgres),
    auditLog: drizzleAuditLogStorage(postgres),
  }
}
