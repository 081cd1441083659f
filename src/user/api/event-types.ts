import { z } from 'zod'
import { type EventType, EXAMPLE_CAUSE } from '../../shared/api/event-types.ts'
import { EXAMPLE_INSTANT, EXAMPLE_USER_ID, uuidSchema } from '../../shared/api/schemas.ts'

const REGISTERED = {
  aggregate: `user/${EXAMPLE_USER_ID}`,
  seq: 1,
  occurredAt: Date.parse(EXAMPLE_INSTANT),
  cause: EXAMPLE_CAUSE,
}

/** Event types of users. Their data has no name and no e-mail address, because events are kept for ever. */
export const userEvents: readonly EventType[] = [
  {
    type: 'user.registered.v1',
    summary: 'A user was registered',
    data: userData('The registered user'),
    example: REGISTERED,
  },
  {
    type: 'user.banned.v1',
    summary: 'A user was banned, and can neither submit ballots nor win a lottery that is not sealed yet',
    data: userData('The banned user'),
    example: { ...REGISTERED, seq: 2 },
  },
  {
    type: 'user.unbanned.v1',
    summary: 'The ban of a user was lifted',
    data: userData('The user whose ban was lifted'),
    example: { ...REGISTERED, seq: 3 },
  },
  {
    type: 'user.forgotten.v1',
    summary: 'The person behind a user was forgotten. The event does not say who',
    data: z.object({}).meta({ description: 'Nothing, so that the event does not lead to the user', examples: [{}] }),
    example: { ...REGISTERED, aggregate: 'forgetting/0190f5fe-7c00-7a00-8000-0000000000f1' },
  },
]

function userData(description: string): z.ZodType {
  return z.object({ user_id: uuidSchema }).meta({ description, examples: [{ user_id: EXAMPLE_USER_ID }] })
}
