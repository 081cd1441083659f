import { setTimeout } from 'node:timers/promises'

/** What has not recovered after these milliseconds will not. A busy machine takes half a minute to start a process. */
export const PATIENCE_MS = 120_000
const TRY_MS = 8_000
const PAUSE_MS = 50

/** Repeats a request until it succeeds. @throws Error with the last answer when it does not in time */
export async function untilOk(url: string, request: RequestInit, signal?: AbortSignal): Promise<Response> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await setTimeout(PAUSE_MS, undefined, { signal })) {
    const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(TRY_MS) }).catch(() => undefined)
    if (answer?.status === 200 || answer?.status === 201) return answer
    const text = (await answer?.text().catch(() => undefined)) ?? 'no answer'
    if (performance.now() > deadline)
      throw new Error(`${url} fails for ${PATIENCE_MS / 1_000} s; the last answer is: ${text}`)
  }
}
