export interface Json {
  readonly $ref?: string
  readonly [member: string]: unknown
}

export interface Schema extends Json {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}

export type Direction = 'request' | 'response'

/** The operation and status of a schema, and the documents that its references point into. */
export interface Place<Document extends Json = Json> {
  readonly where: string
  readonly documents: { readonly before: Document; readonly after: Document }
}

type SchemaPlace = Place & { readonly field: string }

/** Limits of a value. A limit that grows is stricter when its sign is 1, and looser when it is -1. */
const LIMITS: readonly (readonly [name: string, sign: 1 | -1])[] = [
  ['minimum', 1],
  ['exclusiveMinimum', 1],
  ['minLength', 1],
  ['minItems', 1],
  ['maximum', -1],
  ['exclusiveMaximum', -1],
  ['maxLength', -1],
  ['maxItems', -1],
]
const MAX_DEPTH = 40

/**
 * Describes the changes of a schema that break a caller. A request schema must accept what it accepted before; a response
 * schema must promise what it promised before.
 */
export function schemaChanges(
  direction: Direction,
  then: Schema | undefined,
  now: Schema | undefined,
  place: SchemaPlace,
  depth = 0,
): string[] {
  if (!then || depth > MAX_DEPTH) return []
  if (!now) return [`${place.where}: the schema of ${place.field} was removed`]
  const before = shapeOf(then, place.documents.before)
  const after = shapeOf(now, place.documents.after)
  const say = (change: string) => `${place.where}: ${place.field} ${change}`
  const deeper = (fieldThen: Schema, fieldNow: Schema, field: string) =>
    schemaChanges(direction, fieldThen, fieldNow, { ...place, field }, depth + 1)

  return [
    ...typeChanges(direction, before, after).map(say),
    ...valueChanges(direction, before, after).map(say),
    ...Object.entries(before.properties).flatMap(([name, property]) => {
      const field = place.field.endsWith(' body') ? `the ${direction} field ${name}` : `${place.field}.${name}`
      const current = after.properties[name]
      if (!current) return [`${place.where}: ${field} was removed`]
      const wasRequired = before.required.includes(name)
      const isRequired = after.required.includes(name)
      return [
        ...(direction === 'response' && wasRequired && !isRequired ? [`${place.where}: ${field} became optional`] : []),
        ...(direction === 'request' && !wasRequired && isRequired ? [`${place.where}: ${field} became required`] : []),
        ...deeper(property, current, field),
      ]
    }),
    ...after.required
      .filter((name) => direction === 'request' && !(name in before.properties))
      .map((name) => say(`has the new required field ${name}`)),
    ...(before.items && after.items ? deeper(before.items, after.items, `${place.field}[]`) : []),
    ...Object.entries(before.variants).flatMap(([name, variant]) => {
      const current = after.variants[name]
      return current ? deeper(variant, current, `${place.field} (${name})`) : [say(`lost the variant ${name}`)]
    }),
    ...(Object.keys(before.variants).length === 0 && Object.keys(after.variants).length > 0
      ? [say('became a choice of variants')]
      : []),
  ]
}

function typeChanges(direction: Direction, before: Shape, after: Shape): string[] {
  const lost = before.types.filter((type) => !after.types.includes(type))
  const gained = after.types.filter((type) => !before.types.includes(type))
  const isBroken = direction === 'request' ? lost.length > 0 || before.types.length === 0 : gained.length > 0
  const isUntyped = direction === 'response' && before.types.length > 0 && after.types.length === 0
  const namesOf = (types: readonly string[]) => types.join(' or ') || 'any type'
  if (before.types.join() === after.types.join()) return []
  if (direction === 'response' && gained.join() === 'null' && lost.length === 0) return ['became nullable']
  return isBroken || isUntyped ? [`changed its type from ${namesOf(before.types)} to ${namesOf(after.types)}`] : []
}

function valueChanges(direction: Direction, { schema: then, values }: Shape, after: Shape): string[] {
  const { schema: now } = after
  const lost = values?.filter((value) => after.values && !after.values.includes(value)) ?? []
  const limits = direction === 'request' ? LIMITS.filter(([name, sign]) => isStricter(then[name], now[name], sign)) : []
  const isNewPattern = direction === 'request' && now.pattern !== undefined && now.pattern !== then.pattern
  return [
    ...(then.format === now.format ? [] : [`changed its format from ${then.format} to ${now.format}`]),
    ...lost.map((value) => `lost the value ${value}`),
    ...(direction === 'request' && !values && after.values ? ['now accepts only some values'] : []),
    ...(direction === 'response' && values && !after.values ? ['can now have any value'] : []),
    ...limits.map(([name]) => `has a stricter ${name}`),
    ...(direction === 'request' && then.default !== now.default ? ['has another default'] : []),
    ...(isNewPattern ? ['has another pattern'] : []),
  ]
}

function isStricter(then: unknown, now: unknown, sign: 1 | -1): boolean {
  return typeof now === 'number' && (typeof then !== 'number' || sign * (now - then) > 0)
}

/** A schema without references, combinations and spellings of null. */
interface Shape {
  readonly schema: Schema
  readonly types: readonly string[]
  /** The only possible values, as JSON. */
  readonly values: readonly string[] | undefined
  readonly properties: Readonly<Record<string, Schema>>
  readonly required: readonly string[]
  readonly items: Schema | undefined
  /** The alternatives, by the values of their constants, by their component, or by their position. */
  readonly variants: Readonly<Record<string, Schema>>
}

function shapeOf(given: Schema, document: Json): Shape {
  const own = resolve(given, document)
  const parts = (own.allOf ?? []).map((part) => shapeOf(part, document))
  const alternatives = own.oneOf ?? own.anyOf ?? []
  const others = alternatives.filter((alternative) => resolve(alternative, document).type !== 'null')
  const nullable = others.length < alternatives.length ? ['null'] : []
  const [only] = others
  if (only && others.length === 1 && nullable.length > 0) {
    const shape = shapeOf(only, document)
    return { ...shape, types: [...new Set([...shape.types, ...nullable])].sort() }
  }
  const types = [own.type ?? parts.flatMap((part) => part.types), nullable].flat()
  const values = own.const === undefined ? own.enum : [own.const]
  return {
    schema: Object.assign({}, ...parts.map(({ schema }) => schema), own),
    types: [...new Set(types)].sort(),
    values: values?.map((value) => JSON.stringify(value)) ?? parts.find((p) => p.values)?.values,
    properties: Object.assign({}, ...parts.map(({ properties }) => properties), own.properties),
    required: [...parts.flatMap((part) => part.required), ...(own.required ?? [])],
    items: own.items ?? parts.find((part) => part.items)?.items,
    variants: Object.fromEntries(others.map((variant, n) => [variantName(variant, document) ?? `${n}`, variant])),
  }
}

function variantName(variant: Schema, document: Json): string | undefined {
  const { properties } = shapeOf(variant, document)
  const constants = Object.entries(properties).filter(([, { const: value }]) => value !== undefined)
  if (constants.length > 0) return constants.map(([name, { const: value }]) => `${name} ${String(value)}`).join(', ')
  return variant.$ref?.split('/').at(-1)
}

/** Follows a reference within the document. @throws Error when nothing is there */
export function resolve<Part extends Json>(given: Part, document: Json): Part {
  const { $ref } = given
  if ($ref === undefined) return given
  const found = $ref
    .split('/')
    .slice(1)
    .reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), document)
  if (!isObject(found)) throw new Error(`the document has no ${$ref}`)
  return resolve(found as Part, document)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}
