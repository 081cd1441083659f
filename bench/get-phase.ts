import type { LoadResult } from './generators/load.ts'
import type { Stage } from './stage.ts'

interface Gets {
  readonly name: string
  readonly url: string
  readonly path: string
  readonly connections: number
}

/** Asks for the same thing for a while. @throws Error when it is not always given */
export async function gets(stage: Stage, { name, url, path, connections }: Gets): Promise<LoadResult> {
  const { seconds } = stage.options
  const job = { urls: [url], connections, requests: [{ path }], warmup: stage.warmup, length: { seconds } }
  const result = stage.record(name, await stage.run<LoadResult>('generators/load.ts', job))
  if (result.succeeded === 0 || result.refused + result.failed > 0) throw new Error(`${path} is not always answered`)
  return result
}
