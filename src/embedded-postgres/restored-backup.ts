import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { chown, mkdir, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { CLUSTER_ARCHIVE, copySmallFile, fillEmptyFolder, readVerified } from './backup-folder.ts'
import { findLauncher } from './launcher.ts'

/**
 * Makes a data folder of a backup. The first start of the server replays the WAL in it.
 *
 * @throws Error when the backup is not complete, or was changed, or when the folder is not empty
 */
export async function restoreBackup(backup: string, dataDir: string): Promise<void> {
  const names = await readVerified(backup)
  await fillEmptyFolder(dataDir, async () => {
    for (const name of names) if (name !== CLUSTER_ARCHIVE) await copySmallFile(join(backup, name), join(dataDir, name))
    await unpackCluster(join(backup, CLUSTER_ARCHIVE), resolve(dataDir))
  })
}

/** As the user of the server, who must own the files. No start takes the cluster for one before it is complete. */
async function unpackCluster(archive: string, dataDir: string): Promise<void> {
  const [draft, cluster] = [join(dataDir, 'postgres.restored'), join(dataDir, 'postgres')]
  const launcher = await findLauncher(dataDir, cluster)
  await mkdir(draft, { mode: 0o700 })
  if (launcher.account !== undefined) await chown(draft, launcher.account.uid, launcher.account.gid)
  const { file, args, options } = launcher.command('tar', ['-x', '-p', '-f', '-', '-C', draft])
  const tar = spawn(file, args, { ...options, stdio: ['pipe', 'ignore', 'pipe'] })
  const [sent, messages, [code]] = await Promise.all([
    pipeline(createReadStream(archive), tar.stdin).catch((error: Error) => error),
    text(tar.stderr),
    once(tar, 'close') as Promise<[number | null]>,
  ])
  if (code !== 0) throw new Error(`tar could not unpack ${archive}: ${messages.trim() || code}`)
  if (sent) throw sent
  await rename(draft, cluster)
}
