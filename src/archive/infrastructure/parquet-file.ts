import { type FileMetaData, parquetMetadataAsync, type RowGroup } from 'hyparquet'
import type { BallotFileName } from '../application/ballot-files.ts'
import type { ObjectStore } from '../application/object-store.ts'
import { ArchiveBroken, ArchiveUnavailable, ObjectMissing } from '../domain/errors.ts'
import type { Month } from '../domain/month.ts'
import { ballotFileKey } from '../domain/object-keys.ts'
import { FORMATS } from './parquet-formats.ts'
import { FIRST_KEYS, firstIndex, LAST_KEY } from './parquet-keys.ts'
import { PackedRows } from './parquet-packed-rows.ts'

/** A row group of a file. The keys of its rows are from `firstKey` up to, not including, `endKey`. */
export interface ParquetGroup {
  readonly firstKey: string
  readonly endKey: string
  readonly rowGroup: RowGroup
}

/** Bytes of memory that a byte of a footer takes once it is parsed: 13, measured. */
const PARSED_SIZE = 13

/** A file of ballots in the store, whose footer is read. Methods throw ArchiveUnavailable | ObjectMissing | ArchiveBroken. */
export class ParquetFile {
  readonly groups: readonly ParquetGroup[]
  /** Bytes of memory that the parsed footer takes, roughly. */
  readonly size: number
  readonly #store: ObjectStore
  readonly #month: Month
  readonly #name: BallotFileName
  readonly #metadata: FileMetaData

  private constructor(store: ObjectStore, month: Month, name: BallotFileName, metadata: FileMetaData) {
    this.#store = store
    this.#month = month
    this.#name = name
    this.#metadata = metadata
    this.groups = groupsOf(metadata)
    this.size = metadata.metadata_length * PARSED_SIZE
  }

  static open(store: ObjectStore, month: Month, name: BallotFileName): Promise<ParquetFile> {
    const key = ballotFileKey(name, month)
    return decoding(month, key, async () => {
      const byteLength = await store.sizeOf(key)
      if (byteLength === undefined) throw new ObjectMissing(key)
      const slice = async (from: number, to = byteLength) => new Uint8Array(await store.range(key, from, to)).buffer
      const metadata = await parquetMetadataAsync({ byteLength, slice }, { geoparquet: false })
      return new ParquetFile(store, month, name, metadata)
    })
  }

  /** Returns the groups that may hold rows of the keys `from` to `to`, both included. */
  groupsBetween(from: string, to: string): readonly ParquetGroup[] {
    const firstAfter = (key: string) =>
      firstIndex(this.groups.length, (index) => (this.groups[index]?.firstKey ?? LAST_KEY) > key)
    return this.groups.slice(Math.max(0, firstAfter(from) - 1), firstAfter(to))
  }

  /**
   * Reads and decodes a group. Once the file was replaced, what stands in the group's place is refused, but for the same
   * ballots: a new file never has more ballots than the old one, so as many within the same keys are the same.
   */
  rowsOf({ firstKey, endKey, rowGroup }: ParquetGroup): Promise<PackedRows> {
    const key = ballotFileKey(this.#name, this.#month)
    return decoding(this.#month, key, async () => {
      const from = firstByteOf(rowGroup)
      const bytes = await this.#store.range(key, from, from + Number(rowGroup.total_compressed_size))
      const rows = await PackedRows.decode(this.#metadata, rowGroup, from, bytes)
      const { keyAt } = FORMATS[this.#name]
      const isExpected = keyAt(rows, 0) === firstKey && keyAt(rows, rows.count - 1) < endKey
      if (!isExpected) throw new Error('a row group has other rows than the footer tells')
      return rows
    })
  }
}

function groupsOf(metadata: FileMetaData): readonly ParquetGroup[] {
  const text = metadata.key_value_metadata?.find(({ key }) => key === FIRST_KEYS)?.value
  const firstKeys: unknown = JSON.parse(text ?? 'null')
  if (!Array.isArray(firstKeys) || firstKeys.length !== metadata.row_groups.length) {
    throw new Error('the footer does not tell the first key of each row group')
  }
  const keys = [...firstKeys.map(String), LAST_KEY]
  return metadata.row_groups.map((rowGroup, index) => {
    return { rowGroup, firstKey: keys[index] ?? LAST_KEY, endKey: keys[index + 1] ?? LAST_KEY }
  })
}

function firstByteOf(group: RowGroup): number {
  const first = group.columns[0]?.meta_data
  return Number(first?.dictionary_page_offset ?? first?.data_page_offset)
}

/** Runs a step of reading a file. What fails but the store itself means that the bytes are not those of the file. */
async function decoding<T>(month: Month, key: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ArchiveUnavailable || error instanceof ObjectMissing) throw error
    throw new ArchiveBroken(month, [`${key} cannot be decoded: ${String(error)}`])
  }
}
