import { CompactRange, type Subtree } from '../domain/merkle-tree.ts'
import type { Hash } from '../domain/sha256.ts'
import { type ReadNodes, STORED_LEVELS } from '../domain/tree-proofs.ts'

/** Leaves in memory at once. */
const PAGE = 4_096

/** A tree as it is stored, in the words of whoever keeps it. */
export interface StoredTree {
  readonly size: number
  /** Its compact range. */
  readonly hashes: readonly Hash[]
  /** Leaves computed anew from what they are the leaves of, and stored subtrees. */
  readonly read: ReadNodes
  /** `ballot 3`: what the leaf of an index is the leaf of. */
  readonly nameOf: (index: number) => string
  /** `ballots` */
  readonly plural: string
}

/** What is wrong with a tree, in sentences, when all of it is computed again from its leaves. */
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
  else if (!same(Buffer.concat(recomputed.hashes), Buffer.concat(hashes))) {
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
    const stored = new Map((await read(level, first.index, last.index)).map((s) => [s.index, s.hash]))
    for (const { index, hash } of expected) {
      if (!same(stored.get(index), hash))
        findings.push(`stored subtree ${index} of level ${level} is not that of the ${plural}`)
    }
  }
  return findings
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}
