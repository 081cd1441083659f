import { type DecodedArray, type FileMetaData, parquetRead, type RowGroup } from 'hyparquet'
import { DECOMPRESSORS } from './parquet-zstd.ts'

/** Byte strings one after the other. One that ends where it begins is null. */
interface PackedBytes {
  readonly bytes: Buffer
  readonly ends: Uint32Array
}

const DAY_MS = 86_400_000
const NULLS: PackedBytes = { bytes: Buffer.alloc(0), ends: new Uint32Array() }
const PARSERS = {
  dateFromDays: (days: number) => new Date(days * DAY_MS).toISOString().slice(0, 10),
  timestampFromMilliseconds: Number,
  uuidFromBytes: (bytes: Uint8Array) => bytes,
}

/** The rows of a row group, by columns. Byte strings are packed: an object for each would take five times the memory. */
export class PackedRows {
  readonly count: number
  readonly #values = new Map<string, DecodedArray>()
  readonly #bytes = new Map<string, PackedBytes>()

  private constructor(count: number) {
    this.count = count
  }

  /**
   * Decodes a row group of a file.
   *
   * @param from place in the file of the first of the bytes
   * @throws Error when the bytes are not those of the row group
   */
  static async decode(metadata: FileMetaData, group: RowGroup, from: number, bytes: Uint8Array): Promise<PackedRows> {
    const rows = new PackedRows(Number(group.num_rows))
    const byteLength = from + bytes.length
    const slice = (start: number, end = byteLength) => new Uint8Array(bytes.subarray(start - from, end - from)).buffer
    await parquetRead({
      file: { byteLength, slice },
      metadata: { ...metadata, row_groups: [group] },
      compressors: DECOMPRESSORS,
      parsers: PARSERS,
      utf8: false,
      onPage: ({ pathInSchema, columnData }) => rows.#add(String(pathInSchema[0]), columnData),
    })
    return rows
  }

  /** Bytes of memory, roughly. */
  get size(): number {
    const packed = [...this.#bytes.values()].reduce((sum, { bytes, ends }) => sum + bytes.length + ends.byteLength, 0)
    return packed + this.#values.size * this.count * BigInt64Array.BYTES_PER_ELEMENT
  }

  text(column: string, index: number): string {
    return String(this.#values.get(column)?.[index])
  }

  integer(column: string, index: number): number {
    return Number(this.#values.get(column)?.[index])
  }

  bytes(column: string, index: number): Uint8Array | null {
    const { bytes, start, end } = this.#place(column, index)
    return start === end ? null : new Uint8Array(bytes.subarray(start, end))
  }

  uuid(column: string, index: number): string | null {
    const { bytes, start, end } = this.#place(column, index)
    if (start === end) return null
    const hex = bytes.toString('hex', start, end)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  #place(column: string, index: number): { bytes: Buffer; start: number; end: number } {
    const { bytes, ends } = this.#bytes.get(column) ?? NULLS
    return { bytes, start: ends[index - 1] ?? 0, end: ends[index] ?? 0 }
  }

  #add(column: string, values: DecodedArray): void {
    if (values.length !== this.count) throw new Error(`${column} has ${values.length} of ${this.count} values`)
    const isOfBytes = Array.isArray(values) && values.some((value) => value instanceof Uint8Array)
    if (isOfBytes) this.#bytes.set(column, pack(values))
    else this.#values.set(column, values)
  }
}

function pack(values: readonly (Uint8Array | null)[]): PackedBytes {
  const ends = new Uint32Array(values.length)
  let end = 0
  for (const [index, value] of values.entries()) {
    end += value?.length ?? 0
    ends[index] = end
  }
  const bytes = Buffer.alloc(end)
  for (const [index, value] of values.entries()) if (value) bytes.set(value, ends[index - 1] ?? 0)
  return { bytes, ends }
}
