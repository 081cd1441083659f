import { CompactRange, type Subtree } from './merkle-tree.ts'
import type { Hash } from './sha256.ts'
import { isStored } from './tree-proofs.ts'

/** Stored state of a tree: its size and the hashes of its compact range, largest subtree first. */
export interface TreeState {
  readonly size: number
  readonly hashes: readonly Hash[]
}

/** Size and root of a tree. A checkpoint signs both. */
export interface TreeHead {
  readonly size: number
  readonly root: Hash
}

export const EMPTY_TREE: TreeState = { size: 0, hashes: [] }

/** The head of a stored tree. */
export function headOf({ size, hashes }: TreeState): TreeHead {
  return { size, root: new CompactRange(size, hashes).root }
}

/** A stored tree that an aggregate appends to. It remembers the subtrees that have to be stored with the new leaves. */
export class GrowingTree {
  readonly #range: CompactRange
  #filled: Subtree[] = []

  constructor({ size, hashes }: TreeState = EMPTY_TREE) {
    this.#range = new CompactRange(size, hashes)
  }

  get size(): number {
    return this.#range.size
  }

  get state(): TreeState {
    return { size: this.#range.size, hashes: this.#range.hashes }
  }

  get head(): TreeHead {
    return { size: this.#range.size, root: this.#range.root }
  }

  append(leaf: Hash): void {
    this.#range.append(leaf, (subtree) => {
      if (isStored(subtree)) this.#filled.push(subtree)
    })
  }

  /** Returns the subtrees that filled since the last call and that are to be stored. */
  takeFilled(): readonly Subtree[] {
    const filled = this.#filled
    this.#filled = []
    return filled
  }
}
