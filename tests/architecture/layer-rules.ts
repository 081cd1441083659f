import { posix } from 'node:path'

/** One file of the source tree; `path` is relative to it, with slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

type Rule = (file: SourceFile) => readonly string[]

const LAYER = /^(?<context>[^/]+)\/(?<layer>domain|application|infrastructure|api)\//
/** `from '...'`, a bare `import '...'`, and `import('...')`, where a statement or an expression can hold one. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g
/** What each layer may import of its own kind and of `shared`; always of its own context only. */
const INWARDS: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  application: ['domain', 'application'],
  infrastructure: ['domain', 'application', 'infrastructure'],
  api: ['domain', 'application', 'api'],
}
/** The roots that see more than one context, and by which way. */
const SEES_CONTEXTS = new Set(['app.ts', 'composition.ts', 'event-composition.ts'])
const CHANCE_AND_TIME =
  /\bnew Date\(\s*\)|\bDate\(\)|\bDate\.now\b|\bMath\.random\b|\brandomUUID\b|\bperformance\.now\b/
const ENVIRONMENT = /\bprocess\s*(\?\.|\.|\[['"])\s*env\b|\benv\b[^;\n]*\}\s*(=\s*process\b|from\s*['"](node:)?process)/
const PACKAGES_OF_THE_OUTSIDE = /^(node:|[^.])/
/** The one file of the domain that takes anything from Node: a pure function. */
const HASHES = { path: 'shared/domain/sha256.ts', takes: 'node:crypto' }
/** What outsiders run to check us; it must owe nothing to what it checks. */
const VERIFIER = 'verify'
const MAX_LINES = 200

/** Every rule of the layout, by the name that a violation carries. */
export const rules: Readonly<Record<string, Rule>> = {
  'imports point inwards: api and infrastructure to application, application to domain': (file) => {
    const from = layerOf(file.path)
    if (!from) return []
    return filesImported(file)
      .filter((to) => layerOf(to) && !INWARDS[from.layer]?.includes(layerOf(to)?.layer ?? ''))
      .map((to) => `${file.path} imports ${to}`)
  },

  'a context imports nothing but itself and shared; shared imports no context': (file) => {
    const from = folderOf(file.path)
    if (!from || from === VERIFIER) return []
    return filesImported(file)
      .filter((to) => folderOf(to) !== from && folderOf(to) !== VERIFIER && folderOf(to) !== 'shared')
      .map((to) => `${file.path} imports ${to}`)
  },

  'domain and application import no package and nothing of Node, but SHA-256 in one file': (file) => {
    if (!/^(domain|application)$/.test(layerOf(file.path)?.layer ?? '')) return []
    return specifiersOf(file)
      .filter((specifier) => PACKAGES_OF_THE_OUTSIDE.test(specifier))
      .filter((specifier) => file.path !== HASHES.path || specifier !== HASHES.takes)
      .map((specifier) => `${file.path} imports ${specifier}`)
  },

  'the verifier imports only Node, @noble and itself, and nothing imports it': (file) => {
    if (folderOf(file.path) !== VERIFIER) {
      return filesImported(file)
        .filter((to) => folderOf(to) === VERIFIER)
        .map((to) => `${file.path} imports ${to}`)
    }
    const packages = specifiersOf(file).filter((specifier) => !specifier.startsWith('.'))
    return [
      ...packages.filter((specifier) => !/^(node:|@noble\/)/.test(specifier)),
      ...filesImported(file).filter((to) => folderOf(to) !== VERIFIER),
    ].map((to) => `${file.path} imports ${to}`)
  },

  'only the compositions and app.ts see the contexts, through their public faces': (file) => {
    if (folderOf(file.path)) return []
    return filesImported(file)
      .filter((to) => folderOf(to) !== undefined && folderOf(to) !== 'shared' && folderOf(to) !== VERIFIER)
      .filter((to) => !SEES_CONTEXTS.has(file.path) || !/^[^/]+\/index\.ts$/.test(to))
      .map((to) => `${file.path} imports ${to}`)
  },

  'nothing imports a public face from inside its own context': (file) =>
    filesImported(file)
      .filter((to) => folderOf(file.path) !== undefined && /^[^/]+\/index\.ts$/.test(to))
      .map((to) => `${file.path} imports ${to}`),

  'only config.ts reads the environment': ({ path, text }) => {
    const found = path === 'config.ts' ? null : ENVIRONMENT.exec(withoutComments(text))
    return found ? [`${path} has ${found[0]}`] : []
  },

  'the domain is given time, ids and chance, and takes none': ({ path, text }) => {
    const found = layerOf(path)?.layer === 'domain' ? CHANCE_AND_TIME.exec(withoutComments(text)) : null
    return found ? [`${path} has ${found[0]}`] : []
  },

  'depth is never over context/layer/file': ({ path }) => (path.split('/').length > 3 ? [`${path} is too deep`] : []),

  'a file of a context stands in a layer, or is its public face': ({ path }) =>
    path.includes('/') && folderOf(path) !== VERIFIER && !layerOf(path) && !/^[^/]+\/index\.ts$/.test(path)
      ? [`${path} stands in no layer`]
      : [],

  'names are kebab-case words of the domain': ({ path }) => {
    const words = path.replace(/\.ts$/, '').split('/')
    const wrong = words.filter(
      (name) =>
        !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) ||
        /(^|-)(utils?|helpers?|common|managers?|misc|impl)(-|$)/.test(name),
    )
    return wrong.map((name) => `${path}: ${name}`)
  },

  [`no file is above ${MAX_LINES} lines`]: ({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length
    return lines > MAX_LINES ? [`${path} has ${lines} lines`] : []
  },
}

function specifiersOf({ text }: SourceFile): string[] {
  return [...withoutComments(text).matchAll(SPECIFIER)].map(([, , specifier = '']) => specifier)
}

/** Paths, relative to the source tree, of the files of the tree that this one imports. */
function filesImported(file: SourceFile): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file.path), specifier))
}

function layerOf(path: string): { context: string; layer: string } | undefined {
  return LAYER.exec(path)?.groups as { context: string; layer: string } | undefined
}

/** The context, or `shared`, that a file belongs to; undefined for the files at the root. */
function folderOf(path: string): string | undefined {
  return path.includes('/') ? path.split('/')[0] : undefined
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
