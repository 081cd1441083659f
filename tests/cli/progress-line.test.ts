import { expect, it } from 'vitest'
import { ProgressLine } from '../../src/cli/progress-line.ts'

it('a bar is written on a terminal, removed before other output, and never written to a pipe', () => {
  const [terminal, pipe] = [streamOf(true), streamOf(false)]
  for (const stream of [terminal, pipe]) {
    const line = new ProgressLine(stream)
    line.clear()
    line.show('the ballots of 2031-05', 50, 200)
    line.show('the ballots of 2031-05', 51, 200) // within the pause
    line.clear()
  }

  expect(terminal.written).toEqual([
    '\r\u001b[K[######..................] 25 % of the ballots of 2031-05',
    '\r\u001b[K',
  ])
  expect(pipe.written).toEqual([])
})

it('a work of nothing is done at once', () => {
  const terminal = streamOf(true)
  new ProgressLine(terminal).show('the ledger of 2031-05-17', 0, 0)

  expect(terminal.written.join()).toContain('100 %')
})

function streamOf(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, written, write: (text: string | Uint8Array) => written.push(String(text)) > 0 }
}
