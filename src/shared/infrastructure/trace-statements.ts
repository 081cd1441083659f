import { AsyncResource } from 'node:async_hooks'
import type { Pool, PoolClient } from 'pg'
import type { Span, Tracer } from '../application/tracer.ts'

/** `query` in its two forms: with a callback as its last argument, or with a promise as its result. */
type Query = (...statement: unknown[]) => unknown
type Callback = (error: unknown, result: unknown) => void

/**
 * Makes a span of each statement that is sent inside of another span. It has the statement's name, or its operation and
 * table; never its text or values. Call it before the pool is used.
 */
export function traceStatements(pool: Pool, tracer: Tracer): void {
  pool.on('connect', (client) => traceClient(client, tracer))
  // The pool calls back in the surroundings of the code that returned the connection, not of its caller.
  const connect = pool.connect.bind(pool) as (callback?: Callback) => unknown
  const inSurroundings = (callback?: Callback) => connect(callback && AsyncResource.bind(callback))
  pool.connect = inSurroundings as typeof pool.connect
}

function traceClient(client: PoolClient, tracer: Tracer): void {
  const query = client.query.bind(client) as Query
  const traced: Query = (...statement) => {
    const parent = tracer.current()
    if (!parent) return query(...statement)
    const { name, operation } = describe(statement[0])
    const facts = { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.query.summary': name }
    const span = tracer.start(name, { kind: 'client', parent, facts })
    const last = statement.at(-1)
    if (typeof last === 'function') {
      const callback = last as Callback
      return query(...statement.slice(0, -1), (error: unknown, result: unknown) => {
        endAfter(span, error)
        callback(error, result)
      })
    }
    const result = query(...statement) as Promise<unknown>
    result.then(
      () => span.end(),
      (error: unknown) => endAfter(span, error),
    )
    return result
  }
  client.query = traced as typeof client.query
}

/** Ends a span. An error of the database is told by its SQLSTATE, since its message can hold values. */
function endAfter(span: Span, error: unknown): void {
  if (!error) span.end()
  else span.end({ error: (error as { readonly code?: string }).code ?? 'unknown' })
}

function describe(statement: unknown): { readonly name: string; readonly operation: string } {
  const { name, text } = typeof statement === 'string' ? { name: undefined, text: statement } : (statement as Named)
  const operation = /^\W*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'UNKNOWN'
  const table = /\b(?:from|into|update)\s+"?([a-z_]+)"?/i.exec(text)?.[1]
  return { name: name ?? (table === undefined ? operation : `${operation} ${table}`), operation }
}

interface Named {
  readonly name?: string
  readonly text: string
}
