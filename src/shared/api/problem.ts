import { z } from 'zod'
import type { ErrorCode } from '../domain/error-code.ts'

/** RFC 9457 problem document. `type` is `code` with a prefix. Neither of them ever changes its meaning. */
const problemSchema = z
  .object({
    type: z.string().meta({ description: '`urn:lottery:problem:` and the code' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable name of the problem, for programs. Each response lists its codes.' }),
    request_id: z.string().meta({ description: 'Id of this request in the log' }),
    errors: z
      .array(
        z.object({
          in: z.enum(['body', 'query', 'path', 'header']),
          field: z.string(),
          detail: z.string(),
          pointer: z
            .string()
            .optional()
            .meta({ description: 'JSON Pointer (RFC 6901) into the body, for a value inside of a field' }),
        }),
      )
      .optional()
      .meta({ description: 'The offending fields of an `invalid_request`' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document' })

type ProblemSchema = ReturnType<typeof narrowedTo>

/** Made once: many routes refuse for the same reasons. */
const schemas = new Map<string, ProblemSchema>()

/** A problem document whose `code` is one of these. */
export function problemSchemaOf(codes: readonly ErrorCode[]): ProblemSchema {
  const key = codes.join()
  const schema = schemas.get(key) ?? narrowedTo(codes)
  schemas.set(key, schema)
  return schema
}

function narrowedTo(codes: readonly ErrorCode[]) {
  // `Problem` requires the code already.
  return problemSchema.and(z.object({ code: z.enum(codes).optional() }))
}

export type Problem = z.infer<typeof problemSchema> & { readonly code: ErrorCode }
export type InvalidField = NonNullable<Problem['errors']>[number]

/** Builds a problem document. Its title is the code in words. */
export function problem(
  status: number,
  code: ErrorCode,
  detail: string,
  request: { readonly id: string },
  errors?: InvalidField[],
): Problem {
  const title = code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ')
  return {
    type: `urn:lottery:problem:${code}`,
    title,
    status,
    detail,
    code,
    request_id: request.id,
    ...(errors && { errors }),
  }
}
