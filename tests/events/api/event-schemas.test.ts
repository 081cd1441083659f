import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EVENT_TYPES } from '../../../src/app.ts'
import { Archive } from '../../../src/archive/domain/archive.ts'
import { Month } from '../../../src/archive/domain/month.ts'
import { jsonSchemaOf } from '../../../src/events/api/event-schemas.ts'
import type { EventType } from '../../../src/shared/api/event-types.ts'
import type { DomainEvent } from '../../../src/shared/domain/domain-events.ts'
import { Subscription } from '../../../src/webhooks/domain/subscription.ts'
import { EVENT_SCHEMAS, eventSchemaTexts } from '../../support/api-documents.ts'
import { accepted, aSubmit, CAUSE, TODAY, TOMORROW, userId } from '../../support/builders.ts'
import { SIGNER } from '../../support/ledger.ts'
import { memoryParts } from '../../support/memory-app.ts'

const SRC = new URL('../../../src/', import.meta.url)

/** The event that `everythingThatHappens` does not record, because no ledger key is bound in memory. */
const KEY_USED: Pick<DomainEvent, 'type' | 'aggregate' | 'data'> = {
  type: 'ledger.key_used.v1',
  aggregate: 'ledger-key/lottery.local+00000000',
  data: { verifier_key: SIGNER.verifierKey },
}
const recorded = [
  ...(await everythingThatHappens()),
  KEY_USED,
  ...archived(),
  ...ofWebhook(null),
  ...ofWebhook(['lottery.closed.v1']),
]

describe('the event types', () => {
  it('contain every type that src records, once', () => {
    const types = EVENT_TYPES.map(({ type }) => type)

    expect(types).toHaveLength(new Set(types).size)
    expect(types.toSorted()).toEqual(typesInSource())
  })

  it('are all recorded in this test, closing with and without a winner', () => {
    const winners = recorded.filter(({ type }) => type === 'lottery.closed.v1').map(({ data }) => data['winners'])

    expect([...new Set(recorded.map(({ type }) => type))].sort()).toEqual(typesInSource())
    const winner = { rank: 1, ordinal: 1, ballot_id: expect.any(String), user_id: expect.any(String) }
    expect(winners).toEqual([[winner], []])
  })
})

describe.each(recorded.map((event) => ({ ...event, eventType: typeOf(event.type) })))(
  'the data of $type of $aggregate',
  ({ aggregate, data, eventType }) => {
    it('has exactly the fields of its schema', () => {
      expect(eventType.data.parse(data)).toStrictEqual(data)
    })

    it('has exactly the fields of its published schema', () => {
      const schema = strictly(eventType)

      expect(schema.parse(data)).toEqual(data)
      for (const field of Object.keys(data)) {
        expect(schema.safeParse({ ...data, [field]: undefined }).success, `without ${field}`).toBe(false)
        expect(schema.safeParse({ ...data, [field]: ['odd'] }).success, `with another ${field}`).toBe(false)
      }
    })

    it('may gain fields later without breaking readers', () => {
      const later = { ...data, later: 1 }

      expect(published(eventType).parse(later)).toEqual(later)
      expect(strictly(eventType).safeParse(later).success).toBe(false)
    })

    it('has examples that its published schema accepts', () => {
      const { examples } = jsonSchemaOf(eventType)

      expect(examples).not.toHaveLength(0)
      for (const example of examples as unknown[]) expect(strictly(eventType).parse(example)).toEqual(example)
      expect(eventType.example.aggregate).toMatch(new RegExp(`^${aggregate.split('/')[0]}/`))
    })
  },
)

describe('docs/api/events', () => {
  it('has exactly the current schemas; if not, run npm run generate', () => {
    const files = readdirSync(EVENT_SCHEMAS).map((name) => [name, readFileSync(new URL(name, EVENT_SCHEMAS), 'utf8')])

    expect(Object.fromEntries(files)).toEqual(eventSchemaTexts())
  })

  it.each(EVENT_TYPES)('describes $type in a document that needs no other', (eventType) => {
    const { $defs, properties, required = [], ...schema } = jsonSchemaOf(eventType)

    expect($defs).toBeUndefined()
    expect({ ...schema, required }).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `/events/schemas/${eventType.type}.json`,
      title: eventType.type,
      description: expect.stringMatching(/^[A-Z]/),
      type: 'object',
      required: Object.keys(properties as object),
    })
    expect(JSON.stringify({ properties, ...schema })).not.toMatch(/"\$ref"|additionalProperties|9007199254740991/)
  })
})

/** Records the events of a user who is banned and unbanned, a lottery with a winner, and a lottery without ballots. */
async function everythingThatHappens(): Promise<readonly DomainEvent[]> {
  const parts = memoryParts({ at: '2026-03-10T12:00:00Z' })
  const userId = await parts.register()
  await parts.user.banUser.ban(userId, CAUSE)
  await parts.user.banUser.unban(userId, CAUSE)
  const [outcome] = await parts.lottery.submitBallots.execute([aSubmit({ userId })])
  accepted(outcome)
  await parts.lottery.createLottery.execute(TOMORROW, CAUSE)
  parts.clock.moveTo('2026-03-12T00:00:00Z')
  for (const date of [TODAY, TOMORROW]) await parts.lottery.closeLottery.execute(date, CAUSE)
  await parts.user.forgetUser.execute(userId, CAUSE)
  return parts.outbox
}

/** The events of a month that is archived. */
function archived(): readonly DomainEvent[] {
  const archive = Archive.begin(Month.parse('2026-03'), 0)
  archive.upload({ text: '{}', hash: new Uint8Array(32) })
  archive.verify({ lotteries: 2, ballots: 1 }, 1, CAUSE)
  return archive.takeEvents()
}

/** The events of a webhook that is disabled, enabled and deleted. */
function ofWebhook(eventTypes: readonly string[] | null): readonly DomainEvent[] {
  const subscription = Subscription.make({ id: userId(), url: 'https://receiver.example/', eventTypes }, 1, CAUSE)
  subscription.disable(2, CAUSE)
  subscription.enable(3, CAUSE)
  subscription.end(4, CAUSE)
  return subscription.takeEvents()
}

/** Event types recorded by any file of src. */
function typesInSource(): string[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const found = files.flatMap((path) => [
    ...readFileSync(new URL(path, SRC), 'utf8').matchAll(/\.record\(\s*'([^']+)'/g),
  ])
  return [...new Set(found.map(([, type = '']) => type))].sort()
}

function typeOf(type: string): EventType {
  const found = EVENT_TYPES.find((eventType) => eventType.type === type)
  if (!found) throw new Error(`${type} is not in EVENT_TYPES`)
  return found
}

/** A parser for the published schema. */
function published(eventType: EventType): z.ZodType {
  return check(eventType, (schema) => schema)
}

/** A parser for the published schema that refuses unknown fields at any depth. */
function strictly(eventType: EventType): z.ZodType {
  return check(eventType, (schema) => (schema.type === 'object' ? { ...schema, additionalProperties: false } : schema))
}

function check(eventType: EventType, change: (schema: z.core.JSONSchema.JSONSchema) => object): z.ZodType {
  const changed = JSON.stringify(jsonSchemaOf(eventType), (key, value) => {
    if (key === 'format' && value === 'uri-reference') return undefined // zod accepts only absolute URIs
    return value instanceof Object && !Array.isArray(value) ? change(value) : value
  })
  return z.fromJSONSchema(JSON.parse(changed))
}
