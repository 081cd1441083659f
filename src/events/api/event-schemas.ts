import { z } from 'zod'
import type { EventType } from '../../shared/api/event-types.ts'
import { dropDoubleBounds } from '../../shared/api/integer-bounds.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** A JSON Schema document with an id of its own. */
export interface EventSchema extends JsonSchema {
  readonly $schema: string
  readonly $id: string
  readonly title: string
}

export const SCHEMAS_PATH = '/events/schemas'

/** File name of an event type's schema, below {@link SCHEMAS_PATH}. */
export function schemaFileOf({ type }: EventType): string {
  return `${type}.json`
}

/** JSON Schema 2020-12 of the data of an event. It allows further fields, which may be added later. */
export function jsonSchemaOf(eventType: EventType): EventSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${SCHEMAS_PATH}/${schemaFileOf(eventType)}`,
    title: eventType.type,
    ...toJsonSchema(eventType.data),
  }
}

/** Writes a zod schema as JSON Schema of its input, which allows further fields. Integers lose the bounds of a double. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const {
    $schema: _,
    description,
    ...json
  } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ jsonSchema }) => dropDoubleBounds(jsonSchema),
  })
  return { ...(description !== undefined && { description }), ...json }
}
