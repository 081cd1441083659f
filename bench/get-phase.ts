import type { LoadJob, LoadResult } from './generators/load.ts'
import type { Stage } from './stage.ts'

interface GetLoad {
  readonly name: string
  readonly url: string
  readonly path: string
  readonly connections: number
}

/**
 * Sends the same GET request for the length of a phase.
 *
 * @throws Error unless every request succeeds
 */
export async function runGets(stage: Stage, { name, url, path, connections }: GetLoad): Promise<LoadResult> {
  const { seconds } = stage.options
  const job: LoadJob = { urls: [url], connections, requests: [{ path }], warmup: stage.warmup, length: { seconds } }
  const result = stage.record(name, await stage.run<LoadResult>('generators/load.ts', job))
  const { succeeded, refused, failed } = result
  if (succeeded === 0 || refused + failed > 0)
    throw new Error(`not every GET ${path} succeeded: ${succeeded} succeeded, ${refused} refused, ${failed} failed`)
  return result
}
