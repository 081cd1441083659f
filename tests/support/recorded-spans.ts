import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { OpenTelemetryTracer } from '../../src/shared/infrastructure/open-telemetry.ts'

/** A caller's `traceparent`, and the ids in it. */
export const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' } as const
export const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`

/** Spans recorded with the SDK, and kept in memory once they have ended. */
export class RecordedSpans {
  readonly #exporter = new InMemorySpanExporter()
  readonly tracer = new OpenTelemetryTracer(
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#exporter)] }),
  )

  get all(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans()
  }

  /** The first span of this name. @throws Error that lists the others */
  named(name: string): ReadableSpan {
    const span = this.all.find((one) => one.name === name)
    if (!span) throw new Error(`no span ${name}, but ${this.all.map((one) => one.name).join(', ')}`)
    return span
  }

  /** Names of the spans right below another, in the order of their end. */
  below(parent: ReadableSpan): string[] {
    const { spanId } = parent.spanContext()
    return this.all.filter((span) => span.parentSpanContext?.spanId === spanId).map(({ name }) => name)
  }

  /** Everything that the spans tell. */
  get text(): string {
    return JSON.stringify(
      this.all.map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    )
  }
}

/** Ids of the spans that a span is linked with. */
export function linksOf({ links }: ReadableSpan): string[] {
  return links.map(({ context }) => context.spanId)
}
