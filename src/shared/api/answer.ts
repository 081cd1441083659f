import { z } from 'zod'

export interface AnswerNotes {
  readonly description: string
  readonly headers?: Readonly<Record<string, HeaderNotes>>
  /** Where the schema's own example does not fit. */
  readonly example?: unknown
}

export interface HeaderNotes {
  readonly description: string
  readonly type: 'string' | 'integer'
  readonly example: string | number
}

/** What the documentation says of an answer beyond its body. */
export const answers = z.registry<AnswerNotes>()

/** The response schema of one status of one call, with its notes. */
export function answer<Schema extends z.ZodType>(schema: Schema, notes: AnswerNotes): Schema {
  const copy = schema.clone(undefined, { parent: true }) as Schema
  answers.add(copy, notes)
  return copy
}

export function location(example: string): Record<string, HeaderNotes> {
  return { Location: { type: 'string', description: 'Where to find it from now on', example } }
}

/** Of results that can never change. */
export const immutableHeaders: Record<string, HeaderNotes> = {
  ETag: {
    type: 'string',
    description: 'Send it as `If-None-Match` to be answered 304',
    example: '"0190f5fe-7c00-7a00-8000-000000000001"',
  },
  'Cache-Control': {
    type: 'string',
    description: 'The result can be kept for ever',
    example: 'public, max-age=31536000, immutable',
  },
}

export const notModified = answer(z.undefined(), { description: 'The caller has this result already' })
