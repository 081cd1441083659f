import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EVENT_TYPES } from '../../../src/app.ts'
import { jsonSchemaOf } from '../../../src/events/api/event-schemas.ts'
import type { EventType } from '../../../src/shared/api/event-types.ts'
import type { DomainEvent } from '../../../src/shared/domain/domain-events.ts'
import { EVENT_SCHEMAS, eventSchemaTexts } from '../../support/api-documents.ts'
import { accepted, aSubmit, CAUSE, TODAY, TOMORROW } from '../../support/builders.ts'
import { SIGNER } from '../../support/ledger.ts'
import { memoryParts } from '../../support/memory-app.ts'

const SRC = new URL('../../../src/', import.meta.url)

/** What only PostgreSQL's adapter records; its data is what that gives. */
const KEY_USED: Pick<DomainEvent, 'type' | 'aggregate' | 'data'> = {
  type: 'ledger.key_used.v1',
  aggregate: 'ledger-key/lottery.local+00000000',
  data: { verifier_key: SIGNER.verifierKey },
}
const recorded = [...(await everythingThatHappens()), KEY_USED]

describe('the list of event types', () => {
  it('has each type once, and those that are recorded in src', () => {
    const types = EVENT_TYPES.map(({ type }) => type)

    expect(types).toHaveLength(new Set(types).size)
    expect(types.toSorted()).toEqual(typesInSource())
  })

  it('is recorded here as a whole, with and without a winner', () => {
    const winners = recorded.filter(({ type }) => type === 'lottery.closed.v1').map(({ data: { winner } }) => winner)

    expect([...new Set(recorded.map(({ type }) => type))].sort()).toEqual(typesInSource())
    expect(winners).toEqual([{ ballot_id: expect.any(String), ordinal: 1, user_id: expect.any(String) }, null])
  })
})

describe.each(recorded.map((event) => ({ ...event, eventType: typeOf(event.type) })))(
  'the data of $type of $aggregate',
  ({ aggregate, data, eventType }) => {
    it('is what its schema says, no field more and none less', () => {
      expect(eventType.data.parse(data)).toStrictEqual(data)
    })

    it('is what its published schema says, no field more and none less', () => {
      const schema = strictly(eventType)

      expect(schema.parse(data)).toEqual(data)
      for (const field of Object.keys(data)) {
        expect(schema.safeParse({ ...data, [field]: undefined }).success, `without ${field}`).toBe(false)
        expect(schema.safeParse({ ...data, [field]: ['odd'] }).success, `with another ${field}`).toBe(false)
      }
    })

    it('can get fields later', () => {
      const later = { ...data, later: 1 }

      expect(published(eventType).parse(later)).toEqual(later)
      expect(strictly(eventType).safeParse(later).success).toBe(false)
    })

    it('looks like the examples', () => {
      const { examples } = jsonSchemaOf(eventType)

      expect(examples).not.toHaveLength(0)
      for (const example of examples as unknown[]) expect(strictly(eventType).parse(example)).toEqual(example)
      expect(eventType.example.aggregate).toMatch(new RegExp(`^${aggregate.split('/')[0]}/`))
    })
  },
)

describe('docs/api/events', () => {
  it('has the schemas that the service would write now, and nothing else; if not: npm run openapi', () => {
    const files = readdirSync(EVENT_SCHEMAS).map((name) => [name, readFileSync(new URL(name, EVENT_SCHEMAS), 'utf8')])

    expect(Object.fromEntries(files)).toEqual(eventSchemaTexts())
  })

  it.each(EVENT_TYPES)('describes $type for whoever reads nothing else', (eventType) => {
    const { $defs, properties, ...schema } = jsonSchemaOf(eventType)

    expect($defs).toBeUndefined()
    expect(schema).toMatchObject({
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

/** Every event of somebody who is banned and let in again, of a lottery that somebody wins, and of one without ballots. */
async function everythingThatHappens(): Promise<readonly DomainEvent[]> {
  const parts = memoryParts({ at: '2026-03-10T12:00:00Z' })
  const userId = await parts.register()
  await parts.users.banUser.ban(userId, CAUSE)
  await parts.users.banUser.unban(userId, CAUSE)
  const [outcome] = await parts.submitBallots.execute([aSubmit({ userId })])
  accepted(outcome)
  await parts.lotteries.createLottery.execute(TOMORROW, CAUSE)
  parts.clock.moveTo('2026-03-12T00:00:00Z')
  for (const date of [TODAY, TOMORROW]) await parts.lotteries.closeLottery.execute(date, CAUSE)
  return parts.outbox
}

/** All that any file of src records. */
function typesInSource(): string[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const found = files.flatMap((path) => [
    ...readFileSync(new URL(path, SRC), 'utf8').matchAll(/\.record\(\s*'([^']+)'/g),
  ])
  return [...new Set(found.map(([, type = '']) => type))].sort()
}

function typeOf(type: string): EventType {
  const found = EVENT_TYPES.find((eventType) => eventType.type === type)
  if (!found) throw new Error(`${type} is in no list of event types`)
  return found
}

/** The published schema itself, as a check. */
function published(eventType: EventType): z.ZodType {
  return check(eventType, (schema) => schema)
}

/** The same, taking no field that it does not know, however deep. */
function strictly(eventType: EventType): z.ZodType {
  return check(eventType, (schema) => (schema.type === 'object' ? { ...schema, additionalProperties: false } : schema))
}

function check(eventType: EventType, change: (schema: z.core.JSONSchema.JSONSchema) => object): z.ZodType {
  const changed = JSON.stringify(jsonSchemaOf(eventType), (key, value) => {
    if (key === 'format' && value === 'uri-reference') return undefined // zod would have it absolute
    return value instanceof Object && !Array.isArray(value) ? change(value) : value
  })
  return z.fromJSONSchema(JSON.parse(changed))
}
