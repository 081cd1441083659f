/** A text that belongs to a contradiction, and the name of the file that it is saved as. */
export interface Proof {
  /** Name of a file, without folder. */
  readonly name: string
  readonly text: string
}

/** Two statements of the operator that cannot both be true, or one that breaks a rule of lottery-draw-v2. */
export class Contradiction extends Error {
  override readonly name = 'Contradiction'
  readonly proofs: readonly Proof[]

  constructor(sentence: string, proofs: readonly Proof[]) {
    super(sentence)
    this.proofs = proofs
  }
}
