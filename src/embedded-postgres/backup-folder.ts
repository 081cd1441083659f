import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** The cluster, in a backup. */
export const CLUSTER_ARCHIVE = 'postgres.tar'
/** List of the files of a backup, as sha256sum writes it. It is written last: a backup without it is not complete. */
const SUMS = 'SHA256SUMS'

/** SHA-256 in hexadecimal digits, by the name of the file. */
export type Sums = ReadonlyMap<string, string>

/** Runs the work in an empty folder, which it makes when it is missing. When the work fails, the folder is emptied again. */
export async function fillEmptyFolder<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty: name a folder that is, or a new one`)
  try {
    return await work()
  } catch (error) {
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
    throw error
  }
}

/** Copies a file that only its owner can read, and returns the SHA-256 of its content. */
export async function copySmallFile(from: string, to: string): Promise<string> {
  const content = await readFile(from)
  await writeFile(to, content, { mode: 0o600, flag: 'wx', flush: true })
  return createHash('sha256').update(content).digest('hex')
}

/** Completes a backup. */
export async function writeSums(folder: string, sums: Sums): Promise<void> {
  const lines = [...sums].map(([name, sha256]) => `${sha256}  ${name}\n`)
  await writeFile(join(folder, SUMS), lines.join(''), { mode: 0o600, flag: 'wx', flush: true })
  for (const changed of [folder, dirname(folder)]) await syncFolder(changed)
}

/** Names of the files of a backup. @throws Error unless it is complete, and each file is the one that was written */
export async function readVerified(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, SUMS), 'utf8').catch(absent)
  if (text === undefined)
    throw new Error(`${folder} holds no complete backup: ${SUMS}, which a backup writes last, is missing`)
  const lines = text.split('\n').filter((line) => line !== '')
  const sums = lines.map((line) => ({ sha256: line.slice(0, 64), name: basename(line.slice(66)) }))
  for (const { name, sha256 } of sums)
    if ((await sha256Of(join(folder, name)).catch(absent)) !== sha256)
      throw new Error(`${join(folder, name)} is missing or was changed: use another copy of the backup`)
  return sums.map(({ name }) => name)
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
