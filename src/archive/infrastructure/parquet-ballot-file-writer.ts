import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ParquetWriter } from 'hyparquet-writer'
import type { BallotFileName, BallotFileWriter, BallotPages } from '../application/ballot-files.ts'
import type { LocalFile } from '../application/object-store.ts'
import { FORMATS, type ParquetFormat } from './parquet-formats.ts'
import { FIRST_KEYS } from './parquet-keys.ts'
import { ParquetOutput } from './parquet-output.ts'
import { COMPRESSORS } from './parquet-zstd.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

/**
 * Rows of a row group: the least that a look-up reads, and the most that is encoded or decoded without a pause. A group of
 * `ballots` has about 350 KB, and one of the others about 100 KB.
 */
export const ROWS_PER_GROUP = 8_192

/** Writes the files of ballots with Parquet, in groups of a fixed number of rows, by way of a temporary folder. */
export class ParquetBallotFileWriter implements BallotFileWriter {
  readonly #folder: string
  readonly #rowsPerGroup: number

  /** @param options `folder` is where temporary files may be; by default, that of the system */
  constructor({ folder = tmpdir(), rowsPerGroup = ROWS_PER_GROUP } = {}) {
    this.#folder = folder
    this.#rowsPerGroup = rowsPerGroup
  }

  write<Name extends BallotFileName, T>(
    name: Name,
    pages: BallotPages<Name>,
    use: (file: LocalFile, rows: number) => Promise<T>,
  ): Promise<T> {
    return inTemporaryFolder(this.#folder, async (folder) => {
      await using output = await ParquetOutput.create(join(folder, `${name}.parquet`))
      const rows = await fill(output, FORMATS[name], groupsOf(inOrder(pages, FORMATS[name]), this.#rowsPerGroup))
      return await use(output.file, rows)
    })
  }
}

/** Writes all rows, and returns their number. */
async function fill<Row>(
  output: ParquetOutput,
  format: ParquetFormat<Row>,
  groups: AsyncIterable<readonly Row[]>,
): Promise<number> {
  const elements = format.columns.map((column) => column.element)
  const root = { name: 'ballots', num_children: elements.length }
  const firstKeys: string[] = []
  const writer = new ParquetWriter({
    writer: output,
    schema: [root, ...elements],
    codec: 'ZSTD',
    compressors: COMPRESSORS,
    createdBy: 'lottery-service',
  })
  for await (const rows of groups) {
    firstKeys.push(...rows.slice(0, 1).map(format.keyOf))
    const columnData = format.columns.map(({ element: { name }, encoding, statistics, value }) => {
      return { name, encoding, statistics, data: rows.map(value) }
    })
    await writer.write({ columnData, rowGroupSize: rows.length })
  }
  writer.kvMetadata = [{ key: FIRST_KEYS, value: JSON.stringify(firstKeys) }]
  await writer.finish()
  await output.flush()
  return Number(writer.num_rows)
}

/** Cuts pages of any sizes into groups of one size; the last one may be smaller. */
async function* groupsOf<Row>(pages: AsyncIterable<readonly Row[]>, size: number): AsyncGenerator<readonly Row[]> {
  let rows: Row[] = []
  for await (const page of pages) {
    for (const row of page) {
      rows.push(row)
      if (rows.length < size) continue
      yield rows
      rows = []
    }
  }
  if (rows.length > 0) yield rows
}

async function* inOrder<Row>(pages: AsyncIterable<readonly Row[]>, { keyOf }: ParquetFormat<Row>): typeof pages {
  let last = ''
  for await (const page of pages) {
    for (const row of page) {
      const key = keyOf(row)
      if (key <= last) throw new RangeError('rows of a file of ballots must be in order, and none may come twice')
      last = key
    }
    yield page
  }
}
