import { z } from 'zod'

/** RFC 9457 problem document. `type` names the code for ever; `code` is the same without the prefix. */
export const problemSchema = z
  .object({
    type: z
      .string()
      .meta({
        description: '`urn:lottery:problem:` and the code',
        examples: ['urn:lottery:problem:lottery_not_found'],
      }),
    title: z.string().meta({ examples: ['Lottery not found'] }),
    status: z.int().meta({ examples: [404] }),
    detail: z.string().meta({ examples: ['There is no lottery of 2026-11-22.'] }),
    code: z.string().meta({ description: 'Stable; meant for programs', examples: ['lottery_not_found'] }),
    request_id: z
      .string()
      .meta({ description: 'Names this request in the log', examples: ['6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11'] }),
    errors: z
      .array(
        z.object({
          in: z.enum(['body', 'query', 'path', 'header']),
          field: z.string().meta({ examples: ['user_id'] }),
          detail: z.string().meta({ examples: ['Invalid UUID'] }),
        }),
      )
      .optional()
      .meta({ description: 'The offending fields of an `invalid_request`' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document' })

export type Problem = z.infer<typeof problemSchema>

/** Builds the document; the title is the code in words. */
export function problem(
  status: number,
  code: string,
  detail: string,
  request: { id: string },
  errors?: Problem['errors'],
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

/** Response schemas of a route's refusals, from status to the codes it can carry; what any route can answer is added. */
export function refusals(codes: Readonly<Record<number, readonly string[]>>) {
  const all: Record<number, readonly string[]> = {
    400: ['invalid_request'],
    ...codes,
    429: ['too_many_requests'],
    500: ['internal_error'],
    503: [...(codes[503] ?? []), 'overloaded', 'database_unavailable'],
  }
  return Object.fromEntries(
    Object.entries(all).map(([status, names]) => [
      status,
      {
        description: names.map((name) => `\`${name}\``).join(', '),
        content: {
          'application/problem+json': {
            schema: problemSchema,
            examples: Object.fromEntries(names.map((name) => [name, { value: exampleOf(Number(status), name) }])),
          },
        },
      },
    ]),
  )
}

function exampleOf(status: number, code: string): Problem {
  const request = { id: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11' }
  const title = problem(status, code, '', request).title
  return problem(status, code, `${title}.`, request)
}
