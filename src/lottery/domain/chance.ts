/** Where the draw's randomness comes from. */
export interface Chance {
  /** A whole number, each of 0..below-1 equally likely, from a cryptographic source; `below` is at least 1. */
  uniform(below: number): number
}
