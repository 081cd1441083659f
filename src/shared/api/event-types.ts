import { z } from 'zod'
import { CAUSED_BY_SERVICE, type Cause } from '../domain/cause.ts'
import type { DomainEvent } from '../domain/domain-events.ts'
import { EXAMPLE_INSTANT } from './schemas.ts'

/** A type of event as consumers see it. */
export interface EventType {
  /** Name and version, as in `lottery.closed.v1`. */
  readonly type: string
  readonly summary: string
  /** What the aggregate records as data; it has a description and examples. */
  readonly data: z.ZodType
  /** One such event, but for its data, which is the first example of the schema. */
  readonly example: Pick<DomainEvent, 'aggregate' | 'seq' | 'occurredAt' | 'cause'>
}

/** What the examples of requests come from. */
export const EXAMPLE_CAUSE: Cause = { actor: 'anonymous', requestId: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11' }

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
        description: 'The key that the ledgers are signed with',
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
