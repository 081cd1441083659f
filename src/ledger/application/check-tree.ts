import type { TreeState } from '../domain/growing-tree.ts'
import { CompactRange, type Subtree } from '../domain/merkle-tree.ts'
import { sameBytes } from '../domain/same-bytes.ts'
import { type ReadNodes, STORED_LEVELS } from '../domain/tree-proofs.ts'

/** Maximum number of leaves in memory. */
const PAGE = 4_096

/** A stored tree, with names for its leaves. */
export interface StoredTree extends TreeState {
  /** Reads stored subtrees, and leaves computed from the rows that they stand for. */
  readonly read: ReadNodes
  /** Name of the row behind a leaf, such as `ballot 3`. */
  readonly nameOf: (index: number) => string
  /** Name of all rows, such as `ballots`. */
  readonly plural: string
}

/** Recomputes a tree from its leaves. Returns the differences from the stored tree, each as a sentence. */
export async function checkTree({ size, hashes, read, nameOf, plural }: StoredTree): Promise<string[]> {
  const findings: string[] = []
  const recomputed = new CompactRange()
  for (let from = 0; from < size; from += PAGE) {
    const filled: Subtree[] = []
    for (const leaf of await read(0, from, Math.min(from + PAGE, size) - 1)) {
      if (leaf.index !== recomputed.size) return [`${nameOf(recomputed.size)} is not stored`]
      recomputed.append(leaf.hash, (subtree) => filled.push(subtree))
    }
    findings.push(...(await subtreeFindings(filled, read, plural)))
  }
  if (recomputed.size !== size) findings.push(`${size} ${plural} are counted, ${recomputed.size} are stored`)
  else if (!sameBytes(Buffer.concat(recomputed.hashes), Buffer.concat(hashes))) {
    findings.push(`the stored ${plural} do not lead to the stored root`)
  }
  return findings
}

async function subtreeFindings(filled: readonly Subtree[], read: ReadNodes, plural: string): Promise<string[]> {
  const findings: string[] = []
  for (const level of STORED_LEVELS) {
    const expected = filled.filter((subtree) => subtree.level === level)
    const [first, last] = [expected[0], expected.at(-1)]
    if (!first || !last) continue
    const stored = new Map((await read(level, first.index, last.index)).map((subtree) => [subtree.index, subtree.hash]))
    for (const { index, hash } of expected) {
      const storedHash = stored.get(index)
      if (!storedHash || !sameBytes(storedHash, hash))
        findings.push(`stored subtree ${index} of level ${level} is not that of the ${plural}`)
    }
  }
  return findings
}
