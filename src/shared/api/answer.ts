import { z } from 'zod'

export interface AnswerNotes {
  readonly description: string
  readonly headers?: Readonly<Record<string, HeaderNotes>>
  /** Replaces the schema's own example. */
  readonly example?: unknown
  /** Replaces the schema in the document, to describe more than the schema that writes the body checks. */
  readonly documentedAs?: z.ZodType
}

export interface HeaderNotes {
  readonly description: string
  readonly type: 'string' | 'integer'
  readonly example: string | number
}

/** Documentation of responses besides their bodies, by response schema. */
export const answers = new WeakMap<z.ZodType, AnswerNotes>()

/** The response schema of one status of one route, with its notes. */
export function answer<Schema extends z.ZodType>(schema: Schema, notes: AnswerNotes): Schema {
  const copy = schema.clone(undefined, { parent: true }) as Schema
  answers.set(copy, notes)
  return copy
}

export function location(example: string): Record<string, HeaderNotes> {
  return {
    Location: { type: 'string', description: 'Path of the new resource, below `/v1` when the request was', example },
  }
}

/** Documentation of the headers of a response that can never change. */
export const immutableHeaders: Record<string, HeaderNotes> = {
  ETag: {
    type: 'string',
    description: 'Tag of the response; a request with this tag in `If-None-Match` gets 304',
    example: '"0190f5fe-7c00-7a00-8000-000000000001"',
  },
  'Cache-Control': {
    type: 'string',
    description: 'The response never changes, so caches can keep it',
    example: 'public, max-age=31536000, immutable',
  },
}

export const notModified = answer(z.undefined(), { description: 'The caller has this response already' })
