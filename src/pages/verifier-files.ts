import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { type Asset, assetOf, scriptOf } from './assets.ts'

const VERIFIER = new URL('../verify/', import.meta.url)
/** The command line of the verifier: the only file of it that needs Node. */
const COMMAND_LINE = 'main.ts'
/** Folders of the library that the verifier stands on, as it is installed. */
const NOBLE: Readonly<Record<string, URL>> = {
  curves: new URL('./', import.meta.resolve('@noble/curves/bls12-381.js')),
  hashes: new URL('./', import.meta.resolve('@noble/hashes/sha2.js')),
}
/** An import, or an export of what another file has: what it names, and the file. */
export const IMPORT = /^(import|export)\s*(\{[^}]*\}|\* as \w+)\s*from\s*['"]([^'"\n]+)['"];?/gm

let kept: readonly Asset[] | undefined

/** The files of the verifier without their types, and those of its library that they need, for browsers to load. */
export function verifierFiles(): readonly Asset[] {
  kept ??= readFiles()
  return kept
}

function readFiles(): readonly Asset[] {
  const files = readdirSync(VERIFIER)
    .filter((name) => name.endsWith('.ts') && name !== COMMAND_LINE)
    .map((name) =>
      fileOf(`/assets/verify/${name.replace(/ts$/, 'js')}`, scriptOf(readFileSync(new URL(name, VERIFIER), 'utf8'))),
    )
  const byPath = new Map(files.map((file) => [file.path, file]))
  for (const { path, body } of byPath.values()) // grows while it is read
    for (const imported of importsOf(path, body))
      if (!byPath.has(imported)) byPath.set(imported, fileOf(imported, readNoble(imported)))
  return [...byPath.values()]
}

/** Paths of the files that a served script imports. */
export function importsOf(path: string, body: string): readonly string[] {
  return [...body.matchAll(IMPORT)].map(([, , , specifier = '']) => posix.join(posix.dirname(path), specifier))
}

/** A worker has no import map, so the names of packages are replaced by paths. Nothing else is changed. */
function fileOf(path: string, body: string): Asset {
  const text = body.replace(IMPORT, (statement, _keyword, _names, specifier: string) => {
    if (!specifier.startsWith('@noble/')) return statement
    const relative = posix.relative(posix.dirname(path), `/assets/${specifier.slice(1)}`)
    return statement.replace(specifier, relative.startsWith('.') ? relative : `./${relative}`)
  })
  return assetOf(path, text)
}

function readNoble(path: string): string {
  const [, folder = '', name = ''] = /^\/assets\/noble\/(curves|hashes)\/([\w/-]+\.js)$/.exec(path) ?? []
  const root = NOBLE[folder]
  if (!root) throw new Error(`${path} is no file that the verifier may import`)
  return readFileSync(new URL(name, root), 'utf8')
}
