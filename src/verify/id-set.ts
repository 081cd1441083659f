const WORDS = 4

/** Set of ids of 16 bytes, in one typed array: a hash table that is at most half full. */
export class IdSet {
  #slots = 1024
  #words = new Uint32Array(this.#slots * WORDS)
  #size = 0
  #hasZero = false
  /** Makes the order of slots unknown to those who choose the ids. */
  readonly #salt = Math.floor(Math.random() * 2 ** 32)

  /** Adds an id. False when the set holds it already. */
  add(id: Uint8Array): boolean {
    const view = new DataView(id.buffer, id.byteOffset)
    const [a, b, c, d] = [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)]
    if ((a | b | c | d) === 0) return this.#addZero() // an empty slot is all zero
    if (this.#size * 2 >= this.#slots) this.#grow()
    if (!this.#put(a, b, c, d)) return false
    this.#size += 1
    return true
  }

  #addZero(): boolean {
    const isNew = !this.#hasZero
    this.#hasZero = true
    return isNew
  }

  #put(a: number, b: number, c: number, d: number): boolean {
    const words = this.#words
    for (let slot = this.#slotOf(a, b, c, d); ; slot = (slot + 1) & (this.#slots - 1)) {
      const at = slot * WORDS
      if (((words[at] ?? 0) | (words[at + 1] ?? 0) | (words[at + 2] ?? 0) | (words[at + 3] ?? 0)) === 0) {
        words.set([a, b, c, d], at)
        return true
      }
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return false
    }
  }

  #slotOf(...words: readonly number[]): number {
    let hash = this.#salt
    for (const word of words) {
      hash = Math.imul(hash ^ word, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return (Math.imul(hash, 0x85ebca6b) >>> 3) & (this.#slots - 1)
  }

  #grow(): void {
    const old = this.#words
    this.#slots *= 2
    this.#words = new Uint32Array(this.#slots * WORDS)
    for (let at = 0; at < old.length; at += WORDS) {
      const [a = 0, b = 0, c = 0, d = 0] = old.subarray(at, at + WORDS)
      if ((a | b | c | d) !== 0) this.#put(a, b, c, d)
    }
  }
}
