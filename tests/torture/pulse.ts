/** Notes when ballots are acknowledged, and how long none was. Times are milliseconds. */
export class Pulse {
  #beats = 0
  #lastAt = performance.now()
  #longest = 0

  get beats(): number {
    return this.#beats
  }

  beat(): void {
    this.#measure()
    this.#beats += 1
  }

  /** The longest pause since the last call. */
  takeLongest(): number {
    this.#measure()
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  #measure(): void {
    const now = performance.now()
    this.#longest = Math.max(this.#longest, now - this.#lastAt)
    this.#lastAt = now
  }
}
