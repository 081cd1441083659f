import { FindArchives } from '../../src/archive/application/find-archives.ts'

/** The routes' view of an archive that holds nothing. */
export const NOTHING_ARCHIVED = {
  findArchives: new FindArchives({ find: async () => undefined, list: async () => [] }),
  publicUrl: undefined,
}
