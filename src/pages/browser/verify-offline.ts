/// <reference lib="dom" />
/** Checks a draw in the page itself: in the single file, which must not load anything. */
import { onCheck } from './verify-form.ts'
import { runCheck } from './verify-run.ts'

onCheck(async (request, show) => {
  const painted = (line: string) => {
    show.progress(line)
    return new Promise<void>((resolve) => setTimeout(resolve))
  }
  show.answer(await runCheck(request, painted))
})
