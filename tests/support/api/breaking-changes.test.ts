import { describe, expect, it } from 'vitest'
import { breakingChanges } from './breaking-changes.ts'
import type { Schema } from './schema-changes.ts'
import { aDocument, CREATED, changed, changes, NAME, NEW_THING, type Parts, THING, without } from './things.ts'

describe('a breaking change', () => {
  it.each<[string, Parts, string]>([
    ['a removed status', { operation: { responses: { '201': CREATED } } }, 'POST /things 404: the status was removed'],
    ['a removed parameter', { operation: { parameters: [] } }, 'POST /things: the query parameter limit was removed'],
    [
      'a new required parameter',
      {
        operation: {
          parameters: [
            { in: 'query', name: 'limit', schema: { type: 'integer' } },
            { in: 'header', name: 'Key', required: true },
          ],
        },
      },
      'POST /things: the required header parameter Key was added',
    ],
    [
      'a parameter that becomes required',
      { operation: { parameters: [{ in: 'query', name: 'limit', required: true, schema: { type: 'integer' } }] } },
      'POST /things: the query parameter limit became required',
    ],
    [
      'a stricter parameter',
      { limit: { type: 'integer', maximum: 10 } },
      'POST /things: query parameter limit has a stricter maximum',
    ],
    [
      'another default',
      { limit: { type: 'integer', default: 5 } },
      'POST /things: query parameter limit has another default',
    ],
    ['a removed body', { operation: { requestBody: undefined } }, 'POST /things: the body was removed'],
    [
      'a renamed operation',
      { operation: { operationId: 'createThing' } },
      'POST /things: the operation addThing was renamed',
    ],
    [
      'a new need of authentication',
      { operation: { security: [{ bearer: [] }] } },
      'POST /things: the operation now needs authentication',
    ],
    [
      'a removed request field',
      { request: without(NEW_THING, 'color') },
      'POST /things: the request field color was removed',
    ],
    [
      'a new required request field',
      { request: { ...changed(NEW_THING, 'size', { type: 'integer' }), required: ['name', 'size'] } },
      'POST /things: request body has the new required field size',
    ],
    [
      'a request field that becomes required',
      { request: { ...NEW_THING, required: ['name', 'color'] } },
      'POST /things: the request field color became required',
    ],
    [
      'a removed value of a request enum',
      { request: changed(NEW_THING, 'color', { type: 'string', enum: ['red'] }) },
      'POST /things: the request field color lost the value "green"',
    ],
    [
      'a new enum of a request field',
      { request: changed(NEW_THING, 'name', { ...NAME, enum: ['Ada'] }) },
      'POST /things: the request field name now accepts only some values',
    ],
    [
      'another type of a request field',
      { request: changed(NEW_THING, 'name', { type: 'integer', maxLength: 20 }) },
      'POST /things: the request field name changed its type from string to integer',
    ],
    [
      'a shorter request field',
      { request: changed(NEW_THING, 'name', { type: 'string', maxLength: 19 }) },
      'POST /things: the request field name has a stricter maxLength',
    ],
    [
      'another pattern of a request field',
      { request: changed(NEW_THING, 'name', { ...NAME, pattern: '^x' }) },
      'POST /things: the request field name has another pattern',
    ],
    [
      'a removed response field',
      { response: without(THING, 'size') },
      'POST /things 201: the response field size was removed',
    ],
    [
      'a response field that becomes optional',
      { response: { ...THING, required: ['color', 'note'] } },
      'POST /things 201: the response field id became optional',
    ],
    [
      'a response field that becomes nullable',
      { response: changed(THING, 'id', { type: ['string', 'null'], format: 'uuid' }) },
      'POST /things 201: the response field id became nullable',
    ],
    [
      'a response field that becomes nullable by a choice',
      { response: changed(THING, 'id', { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'null' }] }) },
      'POST /things 201: the response field id became nullable',
    ],
    [
      'another type of a response field',
      { response: changed(THING, 'size', { type: 'string' }) },
      'POST /things 201: the response field size changed its type from integer to string',
    ],
    [
      'another format of a response field',
      { response: changed(THING, 'id', { type: 'string', format: 'uri' }) },
      'POST /things 201: the response field id changed its format from uuid to uri',
    ],
    [
      'a removed value of a response enum, such as a code',
      { response: changed(THING, 'color', { type: 'string', enum: ['green', 'blue'] }) },
      'POST /things 201: the response field color lost the value "red"',
    ],
  ])('is %s', (_name, after, change) => {
    expect(changes(after)).toEqual([change])
  })

  it('is a removed path, operation, media type and header', () => {
    const before = aDocument()
    const responses = { '201': { content: { 'text/plain': {} } }, '404': { $ref: '#/components/responses/NotFound' } }

    expect(breakingChanges(before, { ...before, paths: {} })).toEqual(['/things: the path was removed'])
    expect(breakingChanges(before, { ...before, paths: { '/things': {} } })).toEqual([
      'POST /things: the operation was removed',
    ])
    expect(changes({ operation: { responses } })).toEqual([
      'POST /things 201: the header Location was removed',
      'POST /things 201: the media type application/json was removed',
    ])
  })

  it('is found below fields, items, variants and combined schemas', () => {
    const wrap = (inner: Schema): Schema => ({
      allOf: [
        { type: 'object', properties: { list: { type: 'array', items: { oneOf: [inner, { type: 'null' }] } } } },
        {
          type: 'object',
          properties: { choice: { oneOf: [{ type: 'object', properties: { kind: { const: 'a' }, inner } }, NAME] } },
        },
      ],
    })

    expect(changes({ response: wrap(without(THING, 'size')) }, { response: wrap(THING) })).toEqual([
      'POST /things 201: the response field list[].size was removed',
      'POST /things 201: the response field choice (kind a).inner.size was removed',
    ])
    expect(
      changes({ response: { type: 'object', oneOf: [NAME] } }, { response: { type: 'object', oneOf: [NAME, THING] } }),
    ).not.toEqual([])
  })
})
