/// <reference lib="dom" />
/** Checks a draw in a worker. */
import { onCheck } from './verify-form.ts'
import type { CheckAnswer } from './verify-run.ts'

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): URL }
}

const WORKER = '/assets/verify-worker.js'
const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
/** Where browsers ask for it, the page says that it runs this one script and no other. */
const policy = trustedTypes?.createPolicy('verifier', { createScriptURL: () => WORKER })
let worker: Worker | undefined

onCheck((request, show) => {
  worker?.terminate() // the check before
  worker = new Worker(policy?.createScriptURL(WORKER) ?? WORKER, { type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<{ progress: string } | { answer: CheckAnswer }>) =>
    'answer' in data ? show.answer(data.answer) : show.progress(data.progress),
  )
  worker.addEventListener('error', () => show.progress('The check could not run. Load the page again.'))
  worker.postMessage(request)
})
