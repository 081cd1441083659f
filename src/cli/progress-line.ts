/** Milliseconds between two writes. */
const PAUSE_MS = 100
const WIDTH = 24
const CLEAR = '\r\u001b[K'

/** A bar on a terminal that shows how far a piece of work is. Where standard error is no terminal, nothing is written. */
export class ProgressLine {
  readonly #stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr) {
    this.#stream = stream
  }

  show(subject: string, done: number, of: number): void {
    const now = performance.now()
    if (!this.#stream.isTTY || now - this.#shownAt < PAUSE_MS) return
    this.#shownAt = now
    const share = of > 0 ? done / of : 1
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.')
    this.#stream.write(`${CLEAR}[${bar}] ${Math.floor(share * 100)} % of ${subject}`)
  }

  /** Removes the bar, before other output. */
  clear(): void {
    if (this.#stream.isTTY && this.#shownAt > 0) this.#stream.write(CLEAR)
  }
}
