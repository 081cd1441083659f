import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BallotFileName, BallotFileRow } from '../../src/archive/application/ballot-files.ts'
import { Month } from '../../src/archive/domain/month.ts'
import { ballotFileKey } from '../../src/archive/domain/object-keys.ts'
import { FileObjectStore } from '../../src/archive/infrastructure/file-object-store.ts'
import { ParquetBallotFileReader } from '../../src/archive/infrastructure/parquet-ballot-file-reader.ts'
import { ParquetBallotFileWriter } from '../../src/archive/infrastructure/parquet-ballot-file-writer.ts'
import { MONTH } from './archived-month.ts'

/** Keys of all objects in the folder, in order. */
export async function keysIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort()
}

/** Does something while the objects of these keys are changed. Afterwards, they are as before. */
export async function whileChanged<T>(
  folder: string,
  keys: readonly string[],
  change: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  const contents = await Promise.all(keys.map((key) => readFile(join(folder, key))))
  await change()
  try {
    return await work()
  } finally {
    for (const [n, key] of keys.entries()) await writeFile(join(folder, key), contents[n] ?? '')
  }
}

/** Changes a bit of the byte in the middle. */
export async function changeByte(folder: string, key: string): Promise<void> {
  const bytes = await readFile(join(folder, key))
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  await writeFile(join(folder, key), bytes)
}

export async function swap(folder: string, some: string, other: string): Promise<void> {
  const [a, b] = await Promise.all([some, other].map((key) => readFile(join(folder, key))))
  await writeFile(join(folder, some), b ?? '')
  await writeFile(join(folder, other), a ?? '')
}

export async function put(folder: string, key: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, key)), { recursive: true })
  await writeFile(join(folder, key), content)
}

export async function remove(folder: string, key: string): Promise<void> {
  await rm(join(folder, key))
}

export function parquetKey(name: BallotFileName): string {
  return ballotFileKey(name, Month.parse(MONTH))
}

/** Writes a file of ballots anew, as good Parquet with other rows. */
export async function rewrite<Name extends BallotFileName>(
  folder: string,
  name: Name,
  change: (rows: BallotFileRow<Name>[]) => BallotFileRow<Name>[],
): Promise<void> {
  const store = new FileObjectStore(folder)
  const rows: BallotFileRow<Name>[] = []
  for await (const page of new ParquetBallotFileReader(store).pages(Month.parse(MONTH), name)) rows.push(...page)
  async function* pages() {
    yield change(rows)
  }
  await new ParquetBallotFileWriter().write(name, pages(), (content) =>
    store.replace({ key: parquetKey(name), content, contentType: 'application/vnd.apache.parquet', isPublic: false }),
  )
}
