import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Level 1, as random ids and salts shrink at no level. By the checksum, bytes of another page are noticed. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } }

/** The codec of all pages, in the shape that the Parquet writer takes. */
export const COMPRESSORS = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes, OPTIONS) }

/** The codec of all pages, in the shape that the Parquet reader takes. */
export const DECOMPRESSORS = {
  ZSTD: (bytes: Uint8Array, size: number): Uint8Array =>
    zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, size) }),
}
