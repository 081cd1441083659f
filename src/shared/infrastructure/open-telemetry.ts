import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout } from 'node:timers/promises'
import {
  type Span as ApiSpan,
  type Tracer as ApiTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node'
import type { Logger } from 'pino'
import type { Span, SpanEnd, SpanIds, SpanStart, Tracer } from '../application/tracer.ts'

/** Maximum number of links of a span: one for each ballot of the largest batch. */
const MAX_LINKS = 1_000
/** Milliseconds that a stop waits for the collector to take the last spans. */
const FLUSH_WITHIN_MS = 3_000
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const

/** Records spans with OpenTelemetry. It sets none of OpenTelemetry's globals, so that it changes no other code. */
export class OpenTelemetryTracer implements Tracer {
  readonly #tracer: ApiTracer
  readonly #running = new AsyncLocalStorage<Span | undefined>()

  constructor(provider: TracerProvider) {
    this.#tracer = provider.getTracer('lottery-service')
  }

  start(name: string, { kind, parent, links = [], facts = {} }: SpanStart): Span {
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, contextOf(parent)) : ROOT_CONTEXT
    const terms = {
      kind: KINDS[kind ?? 'internal'],
      attributes: { ...facts },
      links: links.map((ids) => ({ context: contextOf(ids) })),
    }
    return new OpenTelemetrySpan(this.#tracer.startSpan(name, terms, context))
  }

  within<T>(span: Span | undefined, work: () => T): T {
    return this.#running.run(span, work)
  }

  current(): Span | undefined {
    const span = this.#running.getStore()
    return span?.isSampled ? span : undefined
  }
}

class OpenTelemetrySpan implements Span {
  readonly #span: ApiSpan
  readonly traceId: string
  readonly spanId: string
  readonly isSampled: boolean

  constructor(span: ApiSpan) {
    const { traceId, spanId, traceFlags } = span.spanContext()
    this.#span = span
    this.traceId = traceId
    this.spanId = spanId
    this.isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
  }

  linkTo(other: SpanIds): void {
    if (this.#span.isRecording()) this.#span.addLink({ context: contextOf(other) })
  }

  end({ name, facts, error }: SpanEnd = {}): void {
    if (name !== undefined) this.#span.updateName(name)
    if (facts) this.#span.setAttributes({ ...facts })
    if (error !== undefined) {
      this.#span.setAttribute('error.type', error)
      this.#span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.#span.end()
  }
}

function contextOf({ traceId, spanId, isSampled }: SpanIds): SpanContext {
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE }
}

export interface Tracing {
  readonly tracer: Tracer
  /** Sends what is recorded, for a few seconds at most. */
  readonly stop: () => Promise<void>
}

/**
 * Records spans, and sends them to a collector in batches, as JSON over HTTP. A collector that is slow or absent slows down
 * nothing: spans above the queue's limit are dropped. The SDK itself reads the other `OTEL_` variables: sampling, headers,
 * limits, timeouts, the service's name.
 */
export function openTelemetry(endpoint: string, log: Logger): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  const provider = new NodeTracerProvider({
    resource: describeService(),
    spanLimits: { linkCountLimit: MAX_LINKS },
    spanProcessors: [new BatchSpanProcessor(logFailures(exporter, log))],
  })
  return {
    tracer: new OpenTelemetryTracer(provider),
    stop: async () => {
      const flushed = provider.shutdown().then(() => true)
      if (await Promise.race([flushed, setTimeout(FLUSH_WITHIN_MS, false, { ref: false })])) return
      log.warn('the collector did not take the last traces in time; they are lost')
    },
  }
}

/** What all spans have in common: the service's name, unless `OTEL_SERVICE_NAME` gives another, and an id of this replica. */
export function describeService(): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'lottery-service' }))
    .merge(detectResources({ detectors: [envDetector, serviceInstanceIdDetector] }))
}

/** Logs the first failure of a series and its end. The processor then hears of no failure, of which it would log each. */
export function logFailures(exporter: SpanExporter, log: Logger): SpanExporter {
  let isFailing = false
  return {
    export: (spans, done) =>
      exporter.export(spans, ({ error }) => {
        if (error && !isFailing) log.warn({ err: error }, 'the collector takes no traces; they are lost until it does')
        if (!error && isFailing) log.info('the collector takes traces again')
        isFailing = error !== undefined
        done({ code: 0 })
      }),
    shutdown: () => exporter.shutdown(),
  }
}
