import type { z } from 'zod'
import type { Cause } from '../domain/cause.ts'
import type { DomainEvent } from '../domain/domain-events.ts'

/** An event type, as consumers of events see it. */
export interface EventType {
  /** Name and version, as in `lottery.closed.v1`. */
  readonly type: string
  readonly summary: string
  /** Schema of the data that the aggregate records; it has a description and examples. */
  readonly data: z.ZodType
  /** An event of this type without its data. The data is the first example of the schema. */
  readonly example: Pick<DomainEvent, 'aggregate' | 'seq' | 'occurredAt' | 'cause'>
}

/** The cause in examples of events that a request caused. */
export const EXAMPLE_CAUSE: Cause = { actor: 'anonymous', requestId: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11' }
