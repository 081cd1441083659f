import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Name of a folder: it begins with the process that made it. */
const NAME = /^lottery-archive-(\d+)-/

/**
 * Lends a new folder below `parent` that none but this user can open, and removes it afterwards. Removes also the folders of
 * processes that were killed before they could do so, since their files can name users.
 */
export async function inTemporaryFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  await sweep(parent)
  const folder = await mkdtemp(join(parent, `lottery-archive-${process.pid}-`))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid] = NAME.exec(name) ?? []
    if (pid === undefined || isRunning(Number(pid))) continue
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {}) // it belongs to another user
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
