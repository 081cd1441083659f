import type { Instant } from '../../shared/domain/instant.ts'
import type { Archive, ArchiveState } from '../domain/archive.ts'
import type { Month } from '../domain/month.ts'
import type { MonthPartitions } from './month-partitions.ts'
import type { MonthTables } from './month-tables.ts'

/** Reads without locks. */
export interface ArchiveQueries {
  find(month: Month): Promise<ArchiveState | undefined>
  /** Returns all months, newest first. */
  list(): Promise<readonly ArchiveState[]>
}

/** What one archiver at a time may use. Its end, also by a lost connection, ends the right. */
export interface ArchiveSession {
  find(month: Month): Promise<Archive | undefined>
  list(): Promise<readonly Archive[]>
  /** Stores a month's state together with the events it recorded. */
  save(archive: Archive): Promise<void>
  /** The database's clock. */
  now(): Promise<Instant>
  readonly partitions: MonthPartitions
  readonly tables: MonthTables
}

export interface ArchiveSessions {
  /** Runs work while no other archiver works, in any process. Returns undefined when another one does. */
  run<T>(work: (session: ArchiveSession) => Promise<T>): Promise<T | undefined>
}
