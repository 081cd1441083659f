import { z } from 'zod'
import type { EventType } from '../../shared/api/event-types.ts'
import { EXAMPLE_INSTANT } from '../../shared/api/schemas.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'

const EXAMPLE_KEY = { name: 'lottery.local', id: '00000000', publicKey: Buffer.alloc(33).toString('base64') }

export const ledgerKeyEvents: readonly EventType[] = [
  {
    type: 'ledger.key_used.v1',
    summary: 'Checkpoints are signed with this key from now on',
    data: z
      .object({
        verifier_key: z.string().meta({ description: 'C2SP verifier key of all checkpoints' }),
      })
      .meta({
        description: 'The key that signs the checkpoints',
        examples: [{ verifier_key: `${EXAMPLE_KEY.name}+${EXAMPLE_KEY.id}+${EXAMPLE_KEY.publicKey}` }],
      }),
    example: {
      aggregate: `ledger-key/${EXAMPLE_KEY.name}+${EXAMPLE_KEY.id}`,
      seq: 1,
      occurredAt: Date.parse(EXAMPLE_INSTANT),
      cause: CAUSED_BY_SERVICE,
    },
  },
]
