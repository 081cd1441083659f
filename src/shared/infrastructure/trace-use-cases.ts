import { inSpan, type Tracer } from '../application/tracer.ts'

interface UseCase {
  execute: (...input: unknown[]) => unknown
}

/**
 * Makes a span of each run of these use cases, named as they are here. A run that belongs to no span is not recorded, because
 * loops run some of them many times in a second; except those in `beginning`, which begin traces.
 */
export function traceUseCases(tracer: Tracer, parts: object, beginning: readonly string[] = []): void {
  for (const [name, part] of Object.entries(parts)) {
    if (!isUseCase(part)) continue
    const execute = part.execute.bind(part)
    part.execute = (...input) => {
      const parent = tracer.current()
      if (!parent && !beginning.includes(name)) return execute(...input)
      return inSpan(tracer, tracer.start(name, { parent }), () => execute(...input))
    }
  }
}

function isUseCase(part: unknown): part is UseCase {
  return typeof part === 'object' && part !== null && 'execute' in part && typeof part.execute === 'function'
}
