import { z } from 'zod'
import { EXAMPLE_HASH, hexSchema } from '../../ledger/api/tree-schemas.ts'
import type { EventType } from '../../shared/api/event-types.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import { EXAMPLE_MONTH, monthText } from './schemas.ts'

export const archiveEvents: readonly EventType[] = [
  {
    type: 'lottery.archived.v1',
    summary: 'The ballots of a month were found whole in the archive, and may leave the database',
    data: z
      .object({
        month: monthText,
        lottery_count: z.int().nonnegative(),
        ballot_count: z.int().nonnegative(),
        manifest_sha256: hexSchema.meta({ description: 'SHA-256 of the manifest, which names every archived object' }),
      })
      .meta({
        description: 'The archived month',
        examples: [{ month: EXAMPLE_MONTH, lottery_count: 30, ballot_count: 90, manifest_sha256: EXAMPLE_HASH }],
      }),
    example: {
      aggregate: `archive/${EXAMPLE_MONTH}`,
      seq: 1,
      occurredAt: Date.parse('2027-03-01T03:10:00.017Z'),
      cause: CAUSED_BY_SERVICE,
    },
  },
]
