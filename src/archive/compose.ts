import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { CheckpointSigner } from '../ledger/domain/checkpoint.ts'
import { readGauge } from '../shared/infrastructure/read-gauge.ts'
import { ArchiveDueMonths } from './application/archive-due-months.ts'
import { ArchiveMonth } from './application/archive-month.ts'
import type { ArchiveQueries, ArchiveSessions } from './application/archives.ts'
import type { BallotFileReader, BallotFileWriter } from './application/ballot-files.ts'
import { ExportMonth } from './application/export-month.ts'
import { FindArchives } from './application/find-archives.ts'
import { ForgetArchivedBallots } from './application/forget-archived-ballots.ts'
import { LedgerTiles } from './application/ledger-tiles.ts'
import type { LocalFiles } from './application/local-files.ts'
import type { ArchiveTrail, MonthSource } from './application/month-source.ts'
import type { ObjectStore } from './application/object-store.ts'
import { ReadArchive } from './application/read-archive.ts'
import { RestoreMonth } from './application/restore-month.ts'
import { VerifyBallotFiles } from './application/verify-ballot-files.ts'
import { VerifyLedger } from './application/verify-ledger.ts'
import { VerifyMonth } from './application/verify-month.ts'
import { WriteLedger } from './application/write-ledger.ts'
import { ArchiveSchedule } from './infrastructure/archive-schedule.ts'

/** The ports of this context that technologies of storage implement. */
export interface ArchiveStorage {
  readonly queries: ArchiveQueries
  readonly sessions: ArchiveSessions
  readonly store: ObjectStore
  /** The store, with public objects in memory. */
  readonly cache: ObjectStore
  readonly reader: BallotFileReader
  readonly writer: BallotFileWriter
  readonly localFiles: LocalFiles
}

export interface ArchiveSurroundings {
  readonly source: MonthSource
  readonly trail: ArchiveTrail
  readonly signer: CheckpointSigner
  /** Months from the end of a month until it is archived. Undefined: by hand only. */
  readonly afterMonths: number | undefined
  readonly graceDays: number
  /** URL of the public objects, with a final slash; undefined unless they are published. */
  readonly publicUrl: string | undefined
  readonly metrics: Registry
  readonly log: Logger
}

/** Constructs the reads of archived ballots, which the lottery's context is built on. */
export function composeArchiveReads({ queries, cache, reader }: ArchiveStorage): ReadArchive {
  return new ReadArchive(queries, reader, new LedgerTiles(cache))
}

/** Constructs the use cases that move months to the store and back, and those that tell of them. */
export function composeArchive(storage: ArchiveStorage, surroundings: ArchiveSurroundings) {
  const { queries, sessions, store, reader, writer, localFiles } = storage
  const { source, trail, signer, afterMonths, graceDays, publicUrl, metrics, log } = surroundings
  registerArchiveMetrics(metrics, queries)
  const exportMonth = new ExportMonth(source, store, writer, localFiles, new WriteLedger(store, localFiles), signer)
  const verifyBallotFiles = new VerifyBallotFiles(source, reader)
  const verifyMonth = new VerifyMonth(source, store, verifyBallotFiles, new VerifyLedger(store), signer)
  const archiveMonth = new ArchiveMonth(source, exportMonth, verifyMonth, trail, graceDays)
  return {
    archiveDueMonths: new ArchiveDueMonths(sessions, source, archiveMonth, afterMonths),
    restoreMonth: new RestoreMonth(sessions, source, reader),
    forgetArchivedBallots: new ForgetArchivedBallots(sessions, source, store, reader, writer),
    findArchives: new FindArchives(queries),
    publicUrl,
    /** Undefined when months are archived by hand only. */
    schedule: afterMonths === undefined ? undefined : new ArchiveSchedule(log),
  }
}

function registerArchiveMetrics(metrics: Registry, queries: ArchiveQueries): void {
  readGauge(
    metrics,
    {
      name: 'lottery_archive_months',
      help: 'Months by the state of their archive. Absent while the database is unavailable.',
      label: 'state',
    },
    async () => {
      const counts = { exporting: 0, uploaded: 0, verified: 0, detached: 0, dropped: 0, restored: 0 }
      for (const { status } of await queries.list()) counts[status] += 1
      return counts
    },
  )
}
