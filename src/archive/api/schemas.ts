import { z } from 'zod'
import { EXAMPLE_HASH, hexSchema } from '../../ledger/api/tree-schemas.ts'
import { instantSchema } from '../../shared/api/schemas.ts'
import { Month } from '../domain/month.ts'

export const EXAMPLE_MONTH = Month.parse('2026-11')

/** A month in a response. */
export const monthText = z.string().meta({ description: 'UTC month, YYYY-MM', examples: [EXAMPLE_MONTH] })

/** A month in a request. */
export const monthSchema = z
  .string()
  .refine(Month.isValid, 'Must be a month, YYYY-MM')
  .transform(Month.parse)
  .meta({ pattern: '^(19[7-9]\\d|[2-9]\\d{3})-(0[1-9]|1[0-2])$', examples: [EXAMPLE_MONTH] })

const EXAMPLE_URL = 'https://archive.example.org'

const manifestSchema = z.looseObject({ format: z.literal('lottery-archive-v1'), month: monthText }).meta({
  id: 'ArchiveManifest',
  description:
    'Counts, roots and seal hashes of the lotteries, and the key, size and SHA-256 of each object. Written with two spaces ' +
    'of indent and a final newline, it has the SHA-256 of the event. docs/archive.md describes it.',
  examples: [{ format: 'lottery-archive-v1', month: EXAMPLE_MONTH, lotteries: [] }],
})

const urlsSchema = z
  .object({
    manifest: z.url(),
    note: z.url().meta({ description: 'Signed note over the SHA-256 of the manifest' }),
    base: z.url().meta({ description: 'URL that the keys of public objects are appended to' }),
  })
  .nullable()
  .meta({ description: 'Where the public objects can be fetched; null unless the operator publishes them' })

const EXAMPLE_ARCHIVED = {
  month: EXAMPLE_MONTH,
  ballots: 'archive',
  manifest_sha256: EXAMPLE_HASH,
  archived_at: '2027-03-01T03:10:00.017Z',
  urls: {
    manifest: `${EXAMPLE_URL}/manifest/${EXAMPLE_MONTH}.json`,
    note: `${EXAMPLE_URL}/manifest/${EXAMPLE_MONTH}.note`,
    base: `${EXAMPLE_URL}/`,
  },
}

export const archivedMonthSchema = z
  .object({
    month: monthText,
    ballots: z.enum(['database', 'archive']).meta({ description: 'Where the service reads ballots of the month' }),
    manifest_sha256: hexSchema,
    archived_at: instantSchema,
    urls: urlsSchema,
  })
  .meta({
    id: 'ArchivedMonth',
    description: 'A month that is archived',
    examples: [EXAMPLE_ARCHIVED],
  })

export const archiveSchema = z.object({ items: z.array(archivedMonthSchema) }).meta({
  id: 'Archive',
  description: 'The archived months, newest first',
  examples: [{ items: [EXAMPLE_ARCHIVED] }],
})

export const archivedMonthWithManifestSchema = archivedMonthSchema.extend({ manifest: manifestSchema }).meta({
  id: 'ArchivedMonthWithManifest',
  description: 'A month that is archived, with its manifest',
  examples: [{ ...EXAMPLE_ARCHIVED, manifest: { format: 'lottery-archive-v1', month: EXAMPLE_MONTH, lotteries: [] } }],
})
