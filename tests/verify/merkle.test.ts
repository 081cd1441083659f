import { describe, expect, it } from 'vitest'
import { leaf, node, rootOfPath, Tree } from '../../src/verify/merkle.ts'
import { bytesOf, hexOf } from '../../src/verify/primitives.ts'

const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOT_8 = '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'

describe('the vectors of RFC 6962', () => {
  const rootOf = (size: number) => {
    const tree = new Tree()
    for (const entry of LEAVES.slice(0, size)) tree.add(leaf(bytesOf(entry)))
    return tree.root()
  }
  const path = [
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ]

  it('give the leaf of nothing and the roots', () => {
    expect(hexOf(leaf(bytesOf('')))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
    expect(rootOf(0)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(rootOf(3)).toBe('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77')
    expect(rootOf(8)).toBe(ROOT_8)
  })

  it('give the inclusion of leaf 0 in 8, and of no other leaf or size', () => {
    expect(rootOfPath(leaf(bytesOf('')), 0, 8, path)).toBe(ROOT_8)
    expect(rootOfPath(leaf(bytesOf('')), 1, 8, path)).not.toBe(ROOT_8)
    expect(rootOfPath(leaf(bytesOf('')), 0, 9, path)).toBeUndefined()
    expect(rootOfPath(leaf(bytesOf('')), 0, 4, path)).toBeUndefined()
    expect(rootOfPath(leaf(bytesOf('')), 8, 8, path)).toBeUndefined()
    expect(hexOf(node(leaf(bytesOf('')), bytesOf(path[0] as string)))).toBe(rootOf(2))
  })
})
