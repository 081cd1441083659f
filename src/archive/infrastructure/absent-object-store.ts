import type { ObjectStore } from '../application/object-store.ts'
import { ArchiveUnavailable } from '../domain/errors.ts'

/** Stands in for the store while none is configured. */
export class AbsentObjectStore implements ObjectStore {
  put = refuse
  get = refuse
  range = refuse
  sizeOf = refuse
  replace = refuse
  removeOlderVersions = refuse
}

async function refuse(): Promise<never> {
  throw new ArchiveUnavailable({ cause: new Error('ARCHIVE_URL is not set') })
}
