import type { Encoding, SchemaElement } from 'hyparquet'
import type { BallotFileName, BallotFileRow } from '../application/ballot-files.ts'
import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import { keyOfId, keyOfPlace, keyOfUser } from './parquet-keys.ts'
import type { PackedRows } from './parquet-packed-rows.ts'

interface ParquetColumn<Row> {
  readonly element: SchemaElement
  readonly encoding: Encoding
  /** Whether row groups tell the least and the greatest value, so that queries skip groups. */
  readonly statistics: boolean
  readonly value: (row: Row) => number | bigint | Uint8Array | null
}

/** Layout of one of the files of a month. Rows are in the order of their keys, as text. */
export interface ParquetFormat<Row> {
  readonly columns: readonly ParquetColumn<Row>[]
  readonly keyOf: (row: Row) => string
  readonly rowAt: (rows: PackedRows, index: number) => Row
  readonly keyAt: (rows: PackedRows, index: number) => string
}

const DAY_MS = 86_400_000
const UUID_BYTES = 16
const UUID = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: UUID_BYTES, logical_type: { type: 'UUID' } } as const
const DATE = { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } } as const
const TIMESTAMP = {
  type: 'INT64',
  converted_type: 'TIMESTAMP_MILLIS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
} as const

const lotteryDate: ParquetColumn<Pick<ArchivedBallot, 'lotteryDate'>> = {
  element: { name: 'lottery_date', repetition_type: 'REQUIRED', ...DATE },
  encoding: 'RLE_DICTIONARY',
  statistics: true,
  value: (row) => Date.parse(row.lotteryDate) / DAY_MS,
}

const ordinal: ParquetColumn<Pick<ArchivedBallot, 'ordinal'>> = {
  element: { name: 'ordinal', repetition_type: 'REQUIRED', type: 'INT64' },
  encoding: 'DELTA_BINARY_PACKED',
  statistics: true,
  value: (row) => BigInt(row.ordinal),
}

const id: ParquetColumn<Pick<ArchivedBallot, 'id'>> = {
  element: { name: 'id', repetition_type: 'REQUIRED', ...UUID },
  encoding: 'PLAIN',
  statistics: false,
  value: (row) => bytesOfUuid(row.id),
}

const userId: ParquetColumn<Pick<ArchivedBallot, 'userId'>> = {
  element: { name: 'user_id', repetition_type: 'OPTIONAL', ...UUID },
  encoding: 'PLAIN',
  statistics: false,
  value: (row) => (row.userId === null ? null : bytesOfUuid(row.userId)),
}

const userSalt: ParquetColumn<Pick<ArchivedBallot, 'salt'>> = {
  element: { name: 'user_salt', repetition_type: 'OPTIONAL', type: 'BYTE_ARRAY' },
  encoding: 'DELTA_LENGTH_BYTE_ARRAY',
  statistics: false,
  value: (row) => row.salt,
}

const userCommit: ParquetColumn<Pick<ArchivedBallot, 'userCommit'>> = {
  element: { name: 'user_commit', repetition_type: 'OPTIONAL', type: 'BYTE_ARRAY' },
  encoding: 'DELTA_LENGTH_BYTE_ARRAY',
  statistics: false,
  value: (row) => row.userCommit,
}

const submittedAt: ParquetColumn<Pick<ArchivedBallot, 'submittedAt'>> = {
  element: { name: 'submitted_at', repetition_type: 'REQUIRED', ...TIMESTAMP },
  encoding: 'DELTA_BINARY_PACKED',
  statistics: true,
  value: (row) => BigInt(row.submittedAt),
}

/** The three files of a month. */
export const FORMATS: { readonly [Name in BallotFileName]: ParquetFormat<BallotFileRow<Name>> } = {
  ballots: withKeys<BallotFileRow<'ballots'>>({
    columns: [lotteryDate, ordinal, id, userId, userSalt, userCommit, submittedAt],
    keyOf: (row) => keyOfPlace(row.lotteryDate, row.ordinal),
    rowAt: (rows, index) => ({
      lotteryDate: rows.text('lottery_date', index),
      ordinal: rows.integer('ordinal', index),
      id: String(rows.uuid('id', index)),
      userId: rows.uuid('user_id', index),
      salt: rows.bytes('user_salt', index),
      userCommit: rows.bytes('user_commit', index),
      submittedAt: rows.integer('submitted_at', index),
    }),
  }),
  ballots_by_id: withKeys<BallotFileRow<'ballots_by_id'>>({
    columns: [lotteryDate, { ...id, statistics: true }, ordinal],
    keyOf: (row) => keyOfId(row.lotteryDate, row.id),
    rowAt: (rows, index) => ({
      lotteryDate: rows.text('lottery_date', index),
      id: String(rows.uuid('id', index)),
      ordinal: rows.integer('ordinal', index),
    }),
  }),
  ballots_by_user: withKeys<BallotFileRow<'ballots_by_user'>>({
    columns: [
      { ...userId, element: { ...userId.element, repetition_type: 'REQUIRED' }, statistics: true },
      lotteryDate,
      ordinal,
    ],
    keyOf: (row) => {
      if (row.userId === null) throw new RangeError('ballots_by_user has no ballots of forgotten users: leave them out')
      return keyOfUser(row.userId, keyOfPlace(row.lotteryDate, row.ordinal))
    },
    rowAt: (rows, index) => ({
      userId: rows.uuid('user_id', index),
      lotteryDate: rows.text('lottery_date', index),
      ordinal: rows.integer('ordinal', index),
    }),
  }),
}

function withKeys<Row>(format: Omit<ParquetFormat<Row>, 'keyAt'>): ParquetFormat<Row> {
  return { ...format, keyAt: (rows, index) => format.keyOf(format.rowAt(rows, index)) }
}

function bytesOfUuid(uuid: string): Uint8Array {
  const bytes = new Uint8Array(UUID_BYTES)
  // A copy: the writer keeps the least and the greatest id of each page, and each would keep a slab of Buffer's pool.
  bytes.set(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
  return bytes
}
