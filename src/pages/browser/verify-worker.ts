/// <reference lib="dom" />
/** Runs checks beside the page, so that the page stays usable. */
import { type CheckRequest, runCheck } from './verify-run.ts'

addEventListener('message', ({ data }: MessageEvent<CheckRequest>) => void answer(data))

async function answer(request: CheckRequest): Promise<void> {
  postMessage({ answer: await runCheck(request, (progress) => postMessage({ progress })) })
}
