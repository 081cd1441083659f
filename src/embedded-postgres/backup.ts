import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CLUSTER_ARCHIVE, copySmallFile, fillEmptyFolder, writeSums } from './backup-folder.ts'
import { type OnCopied, writeBaseBackup } from './base-backup.ts'

export interface Backup {
  /** Size of the cluster's tar file. */
  readonly bytes: number
  /** Names of the files of the data folder that the backup holds beside the cluster. */
  readonly kept: readonly string[]
}

interface Work {
  /** Data folder of the service. */
  readonly dataDir: string
  /** URL of the server that runs on the cluster in it. */
  readonly url: string
  /** New or empty folder for the backup. */
  readonly folder: string
}

const LOG = 'postgres.log'

/**
 * Copies the data folder while its server runs: the cluster as one tar file, and the files beside it. Everything that was
 * committed before the call is in the backup. Only its owner can read it.
 *
 * @throws Error when the folder is not empty, or when the backup fails. The folder is then empty.
 */
export function backUp({ dataDir, url, folder }: Work, onCopied: OnCopied): Promise<Backup> {
  return fillEmptyFolder(folder, async () => {
    await chmod(folder, 0o700)
    const sums = new Map<string, string>()
    // Before the cluster: the newest signed checkpoint must not be newer than the audit log of the copy.
    const kept = await plainFiles(dataDir)
    for (const name of kept) sums.set(name, await copySmallFile(join(dataDir, name), join(folder, name)))
    const { sha256, bytes } = await writeBaseBackup(url, join(folder, CLUSTER_ARCHIVE), onCopied)
    await writeSums(folder, sums.set(CLUSTER_ARCHIVE, sha256))
    return { bytes, kept }
  })
}

async function plainFiles(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir, { withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && entry.name !== LOG).map(({ name }) => name)
}
