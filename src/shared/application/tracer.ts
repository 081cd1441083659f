import { ServiceError } from '../domain/service-error.ts'

/** Names a span as W3C Trace Context does: ids in lower-case hex. */
export interface SpanIds {
  readonly traceId: string
  readonly spanId: string
  /** Whether the span is recorded. */
  readonly isSampled: boolean
}

/** What a span tells beside its name: words and numbers of the service, never what a caller sent. */
type Facts = Readonly<Record<string, string | number>>

export interface SpanStart {
  /** Default: internal. `server` answers a request, `client` sends one. */
  readonly kind?: 'server' | 'client'
  /** Undefined: the span begins a trace. */
  readonly parent: SpanIds | undefined
  readonly links?: readonly SpanIds[]
  readonly facts?: Facts
}

export interface SpanEnd {
  /** Replaces the name that the span began with. */
  readonly name?: string
  readonly facts?: Facts
  /** Kind of the failure. Undefined: there was none. */
  readonly error?: string | undefined
}

/** A piece of work with its times. */
export interface Span extends SpanIds {
  /** Points to a span that this one has to do with. Does nothing once this one has ended. */
  linkTo(other: SpanIds): void
  end(end?: SpanEnd): void
}

/** Records what the service does, as spans of traces. Without one, nothing is recorded. */
export interface Tracer {
  start(name: string, start: SpanStart): Span
  /** Runs work, and all that follows from it, inside of a span; undefined: outside of all spans. The span does not end. */
  within<T>(span: Span | undefined, work: () => T): T
  /** The span that the caller runs in. Undefined when there is none, or when it is not recorded. */
  current(): Span | undefined
}

/** Runs work inside of a span, which ends with it. */
export function inSpan<T>(tracer: Tracer, span: Span, work: () => T): T {
  try {
    const result = tracer.within(span, work)
    if (result instanceof Promise) {
      result.then(
        () => span.end(),
        (error: unknown) => span.end({ error: failureIn(error) }),
      )
    } else span.end()
    return result
  } catch (error) {
    span.end({ error: failureIn(error) })
    throw error
  }
}

/** Kind of a failure. A refusal by a rule is none. Messages are never recorded: they can hold personal data. */
function failureIn(error: unknown): string | undefined {
  if (error instanceof ServiceError) return error.kind === 'unavailable' ? error.code : undefined
  return error instanceof Error ? error.constructor.name : typeof error
}
