import { describe, expect, it } from 'vitest'
import { breakingChanges } from './breaking-changes.ts'
import { aDocument, CREATED, changed, changes, NAME, NEW_THING, type Parts, THING } from './things.ts'

describe('an allowed change', () => {
  it.each<[string, Parts]>([
    ['none', {}],
    [
      'a new status',
      { operation: { responses: { '201': CREATED, '404': { $ref: '#/components/responses/NotFound' }, '409': {} } } },
    ],
    [
      'a new optional parameter',
      {
        operation: {
          parameters: [
            { in: 'query', name: 'limit', schema: { type: 'integer' } },
            { in: 'query', name: 'color' },
          ],
        },
      },
    ],
    ['optional authentication', { operation: { security: [{}, { bearer: [] }] } }],
    ['a new optional request field', { request: changed(NEW_THING, 'size', { type: 'integer' }) }],
    ['a request field that becomes optional', { request: { ...NEW_THING, required: [] } }],
    [
      'a request field that becomes nullable',
      { request: changed(NEW_THING, 'name', { ...NAME, type: ['string', 'null'] }) },
    ],
    [
      'a new value of an enum',
      { request: changed(NEW_THING, 'color', { type: 'string', enum: ['red', 'green', 'blue'] }) },
    ],
    ['a longer request field', { request: changed(NEW_THING, 'name', { type: 'string', maxLength: 21 }) }],
    ['a new response field', { response: changed(THING, 'shape', { type: 'string' }) }],
    ['a response field that is never null any more', { response: changed(THING, 'note', { type: 'string' }) }],
    ['a response field that becomes required', { response: { ...THING, required: ['id', 'color', 'note', 'size'] } }],
    ['a new code', { response: changed(THING, 'color', { type: 'string', enum: ['red', 'green', 'blue'] }) }],
    [
      'new prose',
      { response: { ...changed(THING, 'note', { type: ['null', 'string'], description: 'A note' }), examples: [] } },
    ],
    ['the same schema in other words', { response: { allOf: [{ $ref: '#/components/schemas/Base' }] } }],
  ])('is %s', (_name, after) => {
    expect(changes(after)).toEqual([])
  })

  it('is a new path, a new operation, and a new variant of a response', () => {
    const before = aDocument({ response: { oneOf: [NAME] } })
    const after = aDocument({ response: { oneOf: [NAME, THING] } })
    const paths = { ...after.paths, '/things': { ...after.paths['/things'], get: { responses: {} } }, '/more': {} }

    expect(breakingChanges(before, { ...after, paths })).toEqual([])
  })
})
