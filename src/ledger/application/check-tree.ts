import type { TreeHead, TreeState } from '../domain/growing-tree.ts'
import { CompactRange, EMPTY_ROOT, type Subtree } from '../domain/merkle-tree.ts'
import { sameBytes } from '../domain/same-bytes.ts'
import { type ReadNodes, STORED_LEVELS } from '../domain/tree-proofs.ts'

/** Maximum number of leaves in memory. */
const PAGE = 2_048

/** Head of the tree at an earlier size, known from elsewhere. */
export interface KnownHead extends TreeHead {
  /** Name of the statement that holds the head, such as `the checkpoint of 3 entries`. */
  readonly name: string
}

/** A stored tree, with names for its leaves. */
export interface StoredTree extends TreeState {
  /** Reads stored subtrees, and leaves computed from the rows that they stand for. */
  readonly read: ReadNodes
  /** Name of the row behind a leaf, such as `ballot 3`. */
  readonly nameOf: (index: number) => string
  /** Name of all rows, such as `ballots`. */
  readonly plural: string
  /** Returns the known heads of the sizes `from` to `to`, both included, by ascending size. */
  readonly knownHeads?: (from: number, to: number) => Promise<readonly KnownHead[]>
  /** Called after each page with the number of leaves read so far. */
  readonly onProgress?: ((leaves: number) => void) | undefined
}

/** Recomputes a tree from its leaves. Returns the differences from the stored tree, each as a sentence. */
export async function checkTree(tree: StoredTree): Promise<string[]> {
  const { size, hashes, read, nameOf, plural, knownHeads, onProgress = () => {} } = tree
  const findings: string[] = []
  const recomputed = new CompactRange()
  for (let from = 0; from < size; from += PAGE) {
    const filled: Subtree[] = []
    const to = Math.min(from + PAGE, size)
    const heads = [...((await knownHeads?.(from + 1, to)) ?? [])]
    for (const leaf of await read(0, from, to - 1)) {
      if (leaf.index !== recomputed.size) return [...findings, `${nameOf(recomputed.size)} is not stored`]
      recomputed.append(leaf.hash, (subtree) => filled.push(subtree))
      while (heads[0]?.size === recomputed.size) findings.push(...headFindings(heads.shift(), recomputed, plural))
    }
    findings.push(...(await subtreeFindings(filled, read, plural)))
    onProgress(to)
  }
  if (recomputed.size !== size) findings.push(`${size} ${plural} are counted, ${recomputed.size} are stored`)
  else if (!sameBytes(Buffer.concat(recomputed.hashes), Buffer.concat(hashes))) {
    findings.push(`the stored ${plural} do not lead to the stored root`)
  }
  return findings
}

/** Compares a known head with a tree of its size. */
function headFindings(head: KnownHead | undefined, { root }: CompactRange, plural: string): string[] {
  return head && !sameBytes(head.root, root) ? [`${head.name} is one of other ${plural}`] : []
}

/** Compares known heads with a tree of `size` leaves, where no leaf has to be read: that of no leaf, and larger ones. */
export function outsideFindings({ name, size, root }: KnownHead, stored: number, plural: string): string[] {
  if (size > stored) return [`${name} covers ${size} ${plural}, but only ${stored} are stored`]
  return size === 0 && !sameBytes(root, EMPTY_ROOT) ? [`${name} is one of other ${plural}`] : []
}

/** Returns the number of subtrees that a tree of this size has on all stored levels. */
export function storedSubtreesOf(size: number): number {
  return STORED_LEVELS.reduce((sum, level) => sum + Math.floor(size / 2 ** level), 0)
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
