import { expect, it } from 'vitest'
import { BUNDLE, tilePath, tileWidth } from '../../../src/archive/domain/tile-path.ts'

it.each([
  [0, 0, 256, 'tile/0/000'],
  [1, 999, 256, 'tile/1/999'],
  [0, 1_000, 256, 'tile/0/x001/000'],
  [0, 1_234_067, 256, 'tile/0/x001/x234/067'],
  [2, 67, 112, 'tile/2/067.p/112'],
  [BUNDLE, 273, 256, 'tile/entries/273'],
  [BUNDLE, 12_345, 1, 'tile/entries/x012/345.p/1'],
] as const)('the path of level %s, index %i and width %i is %s', (level, index, width, path) => {
  expect(tilePath(level, index, width)).toBe(path)
})

it.each([
  [BUNDLE, 0, 1, 1],
  [BUNDLE, 0, 256, 256],
  [BUNDLE, 1, 257, 1],
  [0, 273, 70_000, 112],
  [1, 1, 70_000, 17],
  [1, 0, 70_000, 256],
  [2, 0, 70_000, 1],
] as const)('level %s has in tile %i of a tree of %i leaves %i hashes', (level, index, size, width) => {
  expect(tileWidth(level, index, size)).toBe(width)
})
