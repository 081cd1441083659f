import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { ObjectStore } from '../application/object-store.ts'
import type { ArchiveStorage } from '../compose.ts'
import { AbsentObjectStore } from './absent-object-store.ts'
import { CachingObjectStore } from './caching-object-store.ts'
import { DrizzleArchiveQueries } from './drizzle-archive-queries.ts'
import { FileObjectStore } from './file-object-store.ts'
import type { S3Settings } from './object-store-settings.ts'
import { ParquetBallotFileReader } from './parquet-ballot-file-reader.ts'
import { ParquetBallotFileWriter } from './parquet-ballot-file-writer.ts'
import { PostgresArchiveSessions } from './postgres-archive-sessions.ts'
import { S3ObjectStore } from './s3-object-store.ts'
import { TemporaryFiles } from './temporary-files.ts'

/** A request of the API waits for the store for some 5 seconds at most. */
const REQUEST_PATIENCE = { timeoutMs: 2_500, attempts: 2, pauseMs: 100 }
/** Bytes of public objects that are kept in memory. */
const CACHE_BYTES = 64 * 1024 * 1024

export interface ArchiveStorageSettings {
  readonly store: { readonly kind: 'file'; readonly folder: string } | ({ readonly kind: 's3' } & S3Settings)
  /** Whether a store that is slow or away is waited for, as an archiver does; a request waits some seconds at most. */
  readonly isPatient?: boolean
  /** Database URL of the role that owns the tables. Undefined: that of the service. */
  readonly databaseUrl?: string | undefined
}

/** Storage of the archive. Without settings, what was archived earlier cannot be read. */
export function archiveStorage(
  db: Database,
  databaseUrl: string,
  settings: ArchiveStorageSettings | undefined,
): ArchiveStorage {
  const store = storeOf(settings)
  return {
    queries: new DrizzleArchiveQueries(db),
    sessions: new PostgresArchiveSessions(settings?.databaseUrl ?? databaseUrl),
    store,
    cache: new CachingObjectStore(store, CACHE_BYTES),
    reader: new ParquetBallotFileReader(store),
    writer: new ParquetBallotFileWriter(),
    localFiles: new TemporaryFiles(),
  }
}

function storeOf(settings: ArchiveStorageSettings | undefined): ObjectStore {
  if (!settings) return new AbsentObjectStore()
  const { store, isPatient } = settings
  return store.kind === 'file'
    ? new FileObjectStore(store.folder)
    : new S3ObjectStore(store, isPatient ? {} : REQUEST_PATIENCE)
}
