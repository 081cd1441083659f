import { type Json, type Place, resolve, type Schema, schemaChanges } from './schema-changes.ts'

type Named<Member> = Readonly<Record<string, Member>>

interface Parameter extends Json {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly schema?: Schema
}

interface Body extends Json {
  readonly required?: boolean
  readonly headers?: Named<Json>
  readonly content?: Named<{ readonly schema?: Schema }>
}

interface Operation extends Json {
  readonly operationId?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Body
  readonly responses: Named<Body>
  readonly security?: Security
}

type Security = readonly Named<unknown>[]

/** An OpenAPI document. */
export interface ApiDocument extends Json {
  readonly paths: Named<Named<Operation>>
  readonly security?: Security
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/**
 * Compares two OpenAPI documents, and describes each change that can break a program written for the first one. Additions
 * break nothing: new paths, operations, optional parameters, optional request fields, response fields, statuses, variants
 * and values of an enum.
 */
export function breakingChanges(before: ApiDocument, after: ApiDocument): string[] {
  const documents = { before, after }
  return pairs(before.paths, after.paths).flatMap(([path, then, now]) => {
    if (!now) return [`${path}: the path was removed`]
    const methods = pairs(then, now).filter(([method]) => METHODS.includes(method))
    return methods.flatMap(([method, operationThen, operationNow]) => {
      const where = `${method.toUpperCase()} ${path}`
      if (!operationNow) return [`${where}: the operation was removed`]
      return operationChanges(operationThen, operationNow, { where, documents })
    })
  })
}

function operationChanges(then: Operation, now: Operation, place: Place<ApiDocument>): string[] {
  const { before, after } = place.documents
  const wasOpen = isOpen(then.security ?? before.security)
  const isRestricted = wasOpen && !isOpen(now.security ?? after.security)
  const { operationId: name } = then
  const isRenamed = name !== undefined && name !== now.operationId
  return [
    ...(isRenamed ? [`${place.where}: the operation ${name} was renamed`] : []),
    ...(isRestricted ? [`${place.where}: the operation now needs authentication`] : []),
    ...parameterChanges(then, now, place),
    ...bodyChanges(then.requestBody, now.requestBody, place),
    ...pairs(then.responses, now.responses).flatMap(([status, responseThen, responseNow]) => {
      const where = `${place.where} ${status}`
      if (!responseNow) return [`${where}: the status was removed`]
      return responseChanges(responseThen, responseNow, { ...place, where })
    }),
  ]
}

function parameterChanges(then: Operation, now: Operation, place: Place): string[] {
  const parametersThen = parametersOf(then, place.documents.before)
  const parametersNow = parametersOf(now, place.documents.after)
  const added = Object.keys(parametersNow).filter((name) => !parametersThen[name] && parametersNow[name]?.required)
  return [
    ...added.map((name) => `${place.where}: the required ${name} was added`),
    ...Object.entries(parametersThen).flatMap(([name, parameter]) => {
      const current = parametersNow[name]
      if (!current) return [`${place.where}: the ${name} was removed`]
      const isStricter = current.required === true && parameter.required !== true
      return [
        ...(isStricter ? [`${place.where}: the ${name} became required`] : []),
        ...schemaChanges('request', parameter.schema, current.schema, { ...place, field: name }),
      ]
    }),
  ]
}

/** The parameters of an operation, by a name such as `query parameter limit`. */
function parametersOf({ parameters = [] }: Operation, document: Json): Record<string, Parameter> {
  const resolved = parameters.map((parameter) => resolve(parameter, document))
  return Object.fromEntries(resolved.map((parameter) => [`${parameter.in} parameter ${parameter.name}`, parameter]))
}

function bodyChanges(then: Body | undefined, now: Body | undefined, place: Place): string[] {
  const bodyThen = then && resolve(then, place.documents.before)
  const bodyNow = now && resolve(now, place.documents.after)
  if (!bodyThen) return bodyNow?.required ? [`${place.where}: a required body was added`] : []
  if (!bodyNow) return [`${place.where}: the body was removed`]
  const isStricter = bodyNow.required === true && bodyThen.required !== true
  return [
    ...(isStricter ? [`${place.where}: the body became required`] : []),
    ...contentChanges('request', bodyThen, bodyNow, place),
  ]
}

function responseChanges(then: Body, now: Body, place: Place): string[] {
  const responseThen = resolve(then, place.documents.before)
  const responseNow = resolve(now, place.documents.after)
  const headers = pairs(responseThen.headers, responseNow.headers)
  return [
    ...headers.filter(([, , header]) => !header).map(([name]) => `${place.where}: the header ${name} was removed`),
    ...contentChanges('response', responseThen, responseNow, place),
  ]
}

function contentChanges(direction: 'request' | 'response', then: Body, now: Body, place: Place): string[] {
  return pairs(then.content, now.content).flatMap(([type, mediaThen, mediaNow]) => {
    if (!mediaNow) return [`${place.where}: the media type ${type} was removed`]
    return schemaChanges(direction, mediaThen.schema, mediaNow.schema, { ...place, field: `${direction} body` })
  })
}

/** Whether one of the alternatives of a security requirement needs nothing. */
function isOpen(security: Security = []): boolean {
  return security.length === 0 || security.some((alternative) => Object.keys(alternative).length === 0)
}

/** Each member of the first object, with the member of the second one that has its name. */
function pairs<Member>(
  before: Named<Member> = {},
  after: Named<Member> = {},
): [name: string, then: Member, now: Member | undefined][] {
  return Object.entries(before).map(([name, member]) => [name, member, after[name]])
}
