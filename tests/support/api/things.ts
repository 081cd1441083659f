import { type ApiDocument, breakingChanges } from './breaking-changes.ts'
import type { Schema } from './schema-changes.ts'

export const NAME: Schema = { type: 'string', maxLength: 20 }
const COLOR: Schema = { type: 'string', enum: ['red', 'green'] }
export const THING: Schema = {
  type: 'object',
  properties: {
    id: { type: 'string', format: 'uuid' },
    color: COLOR,
    note: { type: ['string', 'null'] },
    size: { type: 'integer' },
  },
  required: ['id', 'color', 'note'],
}
export const NEW_THING: Schema = { type: 'object', properties: { name: NAME, color: COLOR }, required: ['name'] }

/** The response 201 of the operation. */
export const CREATED = {
  headers: { Location: {} },
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
}

export interface Parts {
  readonly response?: Schema
  readonly request?: Schema
  readonly limit?: Schema
  readonly operation?: object
}

/** A document with one operation, `POST /things`. */
export function aDocument({
  response = THING,
  request = NEW_THING,
  limit = { type: 'integer' },
  operation,
}: Parts = {}) {
  const post = {
    operationId: 'addThing',
    parameters: [{ in: 'query', name: 'limit', schema: limit }],
    requestBody: { required: true, content: { 'application/json': { schema: request } } },
    responses: {
      '201': CREATED,
      '404': { $ref: '#/components/responses/NotFound' },
    },
    ...operation,
  }
  const notFound = { content: { 'application/problem+json': { schema: { type: 'object' } } } }
  return {
    paths: { '/things': { post } },
    components: { schemas: { Thing: response, Base: THING }, responses: { NotFound: notFound } },
  } as unknown as ApiDocument
}

export const changed = (schema: Schema, field: string, to: Schema): Schema => ({
  ...schema,
  properties: { ...schema.properties, [field]: to },
})
export const without = (schema: Schema, field: string): Schema => {
  const { [field]: _, ...properties } = schema.properties ?? {}
  return { ...schema, properties, required: schema.required?.filter((name) => name !== field) ?? [] }
}
export const changes = (after: Parts, before: Parts = {}) => breakingChanges(aDocument(before), aDocument(after))
