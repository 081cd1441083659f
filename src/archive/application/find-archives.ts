import type { ArchiveState, StoredManifest } from '../domain/archive.ts'
import { ArchiveNotFound } from '../domain/errors.ts'
import type { Month } from '../domain/month.ts'
import type { ArchiveQueries } from './archives.ts'

/** A month that was found whole in the store. */
export interface VerifiedArchive extends ArchiveState {
  readonly manifest: StoredManifest
  readonly verifiedAt: number
}

export class FindArchives {
  readonly #queries: ArchiveQueries

  constructor(queries: ArchiveQueries) {
    this.#queries = queries
  }

  /** Returns the months that are in the store, newest first. */
  async list(): Promise<readonly VerifiedArchive[]> {
    return (await this.#queries.list()).filter(isVerified)
  }

  /** @throws ArchiveNotFound */
  async find(month: Month): Promise<VerifiedArchive> {
    const archive = await this.#queries.find(month)
    if (!archive || !isVerified(archive)) throw new ArchiveNotFound(month)
    return archive
  }
}

function isVerified(archive: ArchiveState): archive is VerifiedArchive {
  return archive.manifest !== null && archive.verifiedAt !== null
}
