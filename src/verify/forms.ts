/** Forms of JSON values. A form checks a value and gives it its type. */
import { isArray, isObject, type Json, type JsonObject, Refusal } from './json.ts'

/** Returns the value when it has the form. `path` names it in errors. @throws Refusal otherwise */
export type Form<T> = (value: Json | undefined, path: string) => T
type Fields = Readonly<Record<string, Form<unknown>>>
type ObjectOf<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> }

export function text(pattern: RegExp): Form<string> {
  return (value, path) => {
    if (typeof value === 'string' && pattern.test(value)) return value
    throw new Refusal(`${path} is missing or malformed`)
  }
}

export function literal<T extends string>(...words: readonly T[]): Form<T> {
  return (value, path) => {
    const word = words.find((one) => one === value)
    if (word !== undefined) return word
    throw new Refusal(`${path} must be ${words.join(' or ')}`)
  }
}

export function integer(minimum: number): Form<number> {
  return (value, path) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum) return value
    throw new Refusal(`${path} is missing, or not an integer in its range`)
  }
}

export function nullable<T>(form: Form<T>): Form<T | null> {
  return (value, path) => (value === null ? null : form(value, path))
}

export function array<T>(form: Form<T>): Form<readonly T[]> {
  return (value, path) => {
    if (value !== undefined && isArray(value)) return value.map((item, i) => form(item, `${path}[${i}]`))
    throw new Refusal(`${path} is missing, or not an array`)
  }
}

/** An object with exactly these fields. */
export function object<F extends Fields>(fields: F): Form<ObjectOf<F>> {
  return (value, path) => {
    if (!isObject(value)) throw new Refusal(`${path} is missing, or not an object`)
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key))
    if (unknown !== undefined) throw new Refusal(`${path} has the unknown field ${unknown}`)
    const entries = Object.entries(fields).map(([key, form]) => [
      key,
      form(Object.hasOwn(value, key) ? value[key] : undefined, `${path}.${key}`),
    ])
    return Object.fromEntries(entries) as ObjectOf<F>
  }
}

/** One of several objects, told apart by their field `kind`. */
export function byKind<F extends Readonly<Record<string, Form<unknown>>>>(forms: F): Form<ReturnType<F[keyof F]>> {
  return (value, path) => {
    const kind = isObject(value) && Object.hasOwn(value, 'kind') ? value['kind'] : undefined
    const form = typeof kind === 'string' && Object.hasOwn(forms, kind) ? forms[kind] : undefined
    if (!form) throw new Refusal(`${path}.kind must be ${Object.keys(forms).join(' or ')}`)
    return form(value, path) as ReturnType<F[keyof F]>
  }
}

export const anyObject: Form<JsonObject> = (value, path) => {
  if (isObject(value)) return value
  throw new Refusal(`${path} is missing, or not an object`)
}

export const anyText = text(/^/)
export const hex = (bytes: number): Form<string> => text(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
export const uuid = text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)

/** Time in ISO 8601, UTC, with three decimals. */
export const time: Form<string> = (value, path) => {
  const written = text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)(value, path)
  if (isTime(written)) return written
  throw new Refusal(`${path} ${written} is no time of the calendar`)
}

/** Date `YYYY-MM-DD` that exists, not before 1970-01-01. */
export const date: Form<string> = (value, path) => {
  const written = text(/^\d{4}-\d\d-\d\d$/)(value, path)
  if (written >= '1970' && isTime(`${written}T00:00:00.000Z`)) return written
  throw new Refusal(`${path} ${written} is no day of the calendar`)
}

/** JavaScript reads 30 February as 2 March, so the time is written again and compared. */
function isTime(written: string): boolean {
  const milliseconds = Date.parse(written)
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === written
}
