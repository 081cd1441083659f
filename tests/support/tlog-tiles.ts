import { NaiveTree, naiveLeaf } from './rfc6962.ts'

// The objects of a log as c2sp.org/tlog-tiles defines them, by its formula. This file imports nothing from the service.

const WIDTH = 256

/** Tiles and bundles of a log of these entries, by their paths. */
export function tilesOf(entries: readonly Uint8Array[]): Map<string, Buffer> {
  const tree = new NaiveTree(entries.map(naiveLeaf))
  const objects = new Map<string, Buffer>()
  for (let level = 0; WIDTH ** level <= entries.length; level += 1) {
    const span = WIDTH ** level
    const hashes = range(Math.floor(entries.length / span)).map((n) => tree.hash(n * span, (n + 1) * span))
    addGroups(objects, `tile/${level}`, hashes)
  }
  return addGroups(objects, 'tile/entries', entries.map(withLength))
}

function addGroups(objects: Map<string, Buffer>, folder: string, items: readonly Uint8Array[]) {
  for (let at = 0; at < items.length; at += WIDTH) {
    const group = items.slice(at, at + WIDTH)
    const suffix = group.length < WIDTH ? `.p/${group.length}` : ''
    objects.set(`${folder}/${pathOfIndex(at / WIDTH)}${suffix}`, Buffer.concat(group))
  }
  return objects
}

/** Index below 1,000,000 in elements of three digits. */
function pathOfIndex(index: number): string {
  const digits = String(index).padStart(6, '0')
  return index < 1_000 ? digits.slice(3) : `x${digits.slice(0, 3)}/${digits.slice(3)}`
}

function withLength(entry: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(entry.length >> 8, entry.length & 255), entry])
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}
