import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import { z } from 'zod'
import { answers, type HeaderNotes } from './answer.ts'
import { dropDoubleBounds } from './integer-bounds.ts'
import { type Paths, shareComponents } from './shared-components.ts'
import { V1_PREFIX } from './versions.ts'

type Json = Record<string, unknown>
type Io = 'input' | 'output'

interface MediaAnswer {
  readonly description: string
  readonly headers?: Readonly<Record<string, HeaderNotes>>
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType; readonly examples?: Json }>>
}

/**
 * Transforms the routes' zod schemas into OpenAPI. The transform of fastify-type-provider-zod makes two components of each
 * schema, and drops the headers and examples of responses. This one makes a schema with an `id` the component of that
 * name when a route uses it, writes out the notes of `answer()` and `refusals()`, makes components of what the
 * operations repeat, and lists a path that is served below `/v1` too only once, without this prefix.
 */
export function openApiTransforms(): Required<Pick<FastifyDynamicSwaggerOptions, 'transform' | 'transformObject'>> {
  const components: Record<string, Json> = {}
  const pathsBelowV1 = new Set<string>()
  const toJson = (schema: unknown, io: Io): Json => {
    const { $defs = {}, ...json } = z.toJSONSchema(schema as z.ZodType, { io, override: corrections(io) })
    for (const [name, component] of Object.entries($defs)) components[name] = withPublicRefs(component)
    return withPublicRefs(json)
  }

  return {
    transform: ({ schema, url }) => {
      if (!schema || schema.hide) return { schema: { hide: true }, url }
      if (url.startsWith(`${V1_PREFIX}/`)) {
        pathsBelowV1.add(url.slice(V1_PREFIX.length).replace(/:(\w+)/g, '{$1}'))
        return { schema: { hide: true }, url }
      }
      const { body, querystring, params, headers, response, ...rest } = schema
      const read = { body, querystring, params }
      return {
        schema: {
          ...rest,
          ...mapValues(read, (part) => toJson(part, 'input')),
          ...(headers !== undefined && { headers: withHeaderNames(toJson(headers, 'input')) }),
          response: mapValues(response as Json, (answer) => toAnswer(answer as z.ZodType | MediaAnswer, toJson)),
        } as FastifySchema,
        url,
      }
    },
    transformObject: (document) => {
      if (!('openapiObject' in document))
        throw new Error('the document is not OpenAPI 3; register @fastify/swagger with its `openapi` option')
      const { openapiObject } = document
      const { paths, components: shared } = shareComponents(openapiObject.paths as Paths)
      return {
        ...openapiObject,
        paths: withServers(paths, pathsBelowV1),
        components: { ...openapiObject.components, ...mapValues(shared, sorted), schemas: sorted(components) },
      } as typeof openapiObject
    },
  }
}

/** Names the server of the operations that are not served below `/v1`. */
function withServers(paths: Record<string, Record<string, object>>, pathsBelowV1: ReadonlySet<string>) {
  const atRootOnly = Object.entries(paths).filter(([path]) => !pathsBelowV1.has(path))
  const named = atRootOnly.map(([path, methods]) => [
    path,
    mapValues(methods, (operation) => ({ ...operation, servers: [{ url: '/' }] })),
  ])
  return { ...paths, ...Object.fromEntries(named) }
}

function toAnswer(answer: z.ZodType | MediaAnswer, toJson: (schema: unknown, io: Io) => Json): Json {
  if (answer instanceof z.ZodType) {
    const { description, headers = {}, example, documentedAs = answer } = answers.get(answer) ?? { description: 'Done' }
    if (answer instanceof z.ZodUndefined) return { type: 'null', description }
    const media = { schema: toJson(documentedAs, 'output'), ...(example !== undefined && { example }) }
    return { description, ...toHeaders(headers), content: { 'application/json': media } }
  }
  return {
    ...answer,
    ...toHeaders(answer.headers),
    content: mapValues(answer.content, ({ schema, ...media }) => ({ schema: toJson(schema, 'output'), ...media })),
  }
}

function toHeaders(headers: Readonly<Record<string, HeaderNotes>> = {}): Json {
  const described = mapValues(headers, ({ example, ...notes }) => ({ ...notes, examples: [example] }))
  return Object.keys(headers).length > 0 ? { headers: described } : {}
}

/** Capitalizes header names as in `Idempotency-Key`. Node gives them in lower case. */
function withHeaderNames({ properties, ...json }: Json): Json {
  const named = Object.entries(properties as Json).map(([name, property]) => [
    name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
    property,
  ])
  return { ...json, properties: Object.fromEntries(named) }
}

/**
 * Corrects the JSON Schema that zod writes. Integers lose the bounds of a double. Objects in responses no longer forbid
 * further fields, which later versions may add. Transformed schemas get their examples and default back: zod drops them,
 * because it cannot know that they belong to the input.
 */
function corrections(io: Io): NonNullable<z.core.ToJSONSchemaParams['override']> {
  return ({ zodSchema, jsonSchema }) => {
    const { examples, default: preset } = z.globalRegistry.get(zodSchema) ?? {}
    Object.assign(jsonSchema, examples && { examples }, preset !== undefined && { default: preset })
    dropDoubleBounds(jsonSchema)
    if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  }
}

function withPublicRefs<T>(json: T): T {
  return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, map: (value: In & {}) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).flatMap(([key, value]) => (value ? [[key, map(value)]] : [])))
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
