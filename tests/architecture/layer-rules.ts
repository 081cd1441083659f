import { posix } from 'node:path'

/** One file of the source tree. `path` is relative to the tree's root, with slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

type Rule = (file: SourceFile) => readonly string[]

const LAYER = /^(?<context>[^/]+)\/(?<layer>domain|application|infrastructure|api)\//
/** Matches `from '...'`, a bare `import '...'`, and `import('...')`. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g
/** The layers that each layer may import, in its own context and in `shared`. */
const INWARDS: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  application: ['domain', 'application'],
  infrastructure: ['domain', 'application', 'infrastructure'],
  api: ['domain', 'application', 'api'],
}
/** The folder that constructs the service: it may import public faces of contexts, and their adapters. */
const COMPOSITION = 'composition'
const FACES_AND_ADAPTERS = /^[^/]+\/(index\.ts|infrastructure\/[^/]+)$/
/** The HTTP server. It may import public faces of contexts. */
const APP = 'app.ts'
const FACES = /^[^/]+\/index\.ts$/
/** Folders that every context may import. `ledger` itself may import `shared`; `shared` may import neither. */
const FOUNDATIONS: Readonly<Record<string, readonly string[]>> = { shared: [], ledger: ['shared'] }
const CHANCE_AND_TIME =
  /\bnew Date\(\s*\)|\bDate\(\)|\bDate\.now\b|\bMath\.random\b|\brandomUUID\b|\bperformance\.now\b/
const ENVIRONMENT = /\bprocess\s*(\?\.|\.|\[['"])\s*env\b|\benv\b[^;\n]*\}\s*(=\s*process\b|from\s*['"](node:)?process)/
const PACKAGES_OF_THE_OUTSIDE = /^(node:|[^.])/
/** The only domain file that imports from Node: a pure function. */
const HASHES = { path: 'ledger/domain/sha256.ts', takes: 'node:crypto' }
/** The program that outsiders run to check a draw. It must not import the code that it checks. */
const VERIFIER = 'verify'
/** The program with which outsiders watch an operator. It stands on the verifier. */
const MONITOR = 'monitor'
/** The layers that verify what was archived, by the code of outsiders, before anything is removed; and the scripts that check in a browser. */
const VERIFYING_LAYERS = /^(archive\/(application|infrastructure)|pages\/browser)\//
/** HTML for people: an interface beside the API, over the same use cases. */
const PAGES = 'pages'
/** The commands that npm runs. */
const COMMANDS = 'cli'
/** Folders without layers. */
const FLAT = new Set([COMPOSITION, COMMANDS, 'config', 'embedded-postgres', VERIFIER, MONITOR, PAGES])
/** The files of a context that belong to no layer: its public face, and the wiring of its use cases. */
const CONTEXT_FILES = /^[^/]+\/(index|compose)\.ts$/
const MAX_LINES = 200

/** Every rule of the layout, by its name. A rule returns its violations. */
export const rules: Readonly<Record<string, Rule>> = {
  'imports point inwards: api and infrastructure to application, application to domain': (file) => {
    const from = layerOf(file.path)
    if (!from) return []
    return filesImported(file)
      .filter((to) => layerOf(to) && !INWARDS[from.layer]?.includes(layerOf(to)?.layer ?? ''))
      .map((to) => `${file.path} imports ${to}`)
  },

  'a context imports nothing but itself, shared and ledger; ledger imports shared; shared imports itself': (file) => {
    const from = folderOf(file.path)
    if (!from || FLAT.has(from)) return []
    const allowed = [from, ...(FOUNDATIONS[from] ?? Object.keys(FOUNDATIONS))]
    return filesImported(file)
      .filter((to) => folderOf(to) !== VERIFIER && !allowed.includes(folderOf(to) ?? ''))
      .map((to) => `${file.path} imports ${to}`)
  },

  'domain and application import no package and nothing of Node, but SHA-256 in one file': (file) => {
    if (!/^(domain|application)$/.test(layerOf(file.path)?.layer ?? '')) return []
    return specifiersOf(file)
      .filter((specifier) => PACKAGES_OF_THE_OUTSIDE.test(specifier))
      .filter((specifier) => file.path !== HASHES.path || specifier !== HASHES.takes)
      .map((specifier) => `${file.path} imports ${specifier}`)
  },

  'the verifier imports only Node, @noble and itself; only monitor, archive and browser scripts import it': (file) => {
    if (folderOf(file.path) === MONITOR || VERIFYING_LAYERS.test(file.path)) return []
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

  'the monitor imports only Node, the verifier and itself, and nothing imports it': (file) => {
    const isMonitor = folderOf(file.path) === MONITOR
    const packages = specifiersOf(file).filter((specifier) => !/^(\.|node:)/.test(specifier))
    return [
      ...(isMonitor ? packages : []),
      ...filesImported(file).filter((to) => {
        const folder = folderOf(to)
        return isMonitor ? folder !== MONITOR && folder !== VERIFIER : folder === MONITOR
      }),
    ].map((to) => `${file.path} imports ${to}`)
  },

  'pages import no infrastructure and no use case that changes anything, and only app.ts imports them': (file) => {
    const isPage = folderOf(file.path) === PAGES
    return filesImported(file)
      .filter((to) =>
        isPage
          ? /\/infrastructure\/|\/application\/(?!find-|list-|read-|ballots-|lottery-queries|clock)/.test(to)
          : folderOf(to) === PAGES && file.path !== APP,
      )
      .map((to) => `${file.path} imports ${to}`)
  },

  'the embedded server imports nothing of ours': (file) =>
    folderOf(file.path) === 'embedded-postgres'
      ? filesImported(file)
          .filter((to) => folderOf(to) !== 'embedded-postgres')
          .map((to) => `${file.path} imports ${to}`)
      : [],

  'only app.ts and composition see the contexts: their public faces, and composition their adapters': (file) => {
    const from = folderOf(file.path) ?? ''
    if (!['', COMPOSITION, COMMANDS].includes(from)) return []
    const mayImport = (to: string) =>
      from === COMPOSITION ? FACES_AND_ADAPTERS.test(to) : file.path === APP && FACES.test(to)
    return filesImported(file)
      .filter((to) => isContext(folderOf(to)) && !mayImport(to))
      .map((to) => `${file.path} imports ${to}`)
  },

  'nothing imports a public face from inside its own context': (file) =>
    filesImported(file)
      .filter((to) => ![undefined, COMPOSITION].includes(folderOf(file.path)) && FACES.test(to))
      .map((to) => `${file.path} imports ${to}`),

  'only config.ts reads the environment': ({ path, text }) => {
    const found = path === 'config/config.ts' ? null : ENVIRONMENT.exec(withoutComments(text))
    return found ? [`${path} has ${found[0]}`] : []
  },

  'the domain is given time, ids and chance, and takes none': ({ path, text }) => {
    const found = layerOf(path)?.layer === 'domain' ? CHANCE_AND_TIME.exec(withoutComments(text)) : null
    return found ? [`${path} has ${found[0]}`] : []
  },

  'depth is never over context/layer/file': ({ path }) => (path.split('/').length > 3 ? [`${path} is too deep`] : []),

  'a file of a context stands in a layer, or is its public face or its wiring': ({ path }) =>
    path.includes('/') && !FLAT.has(folderOf(path) ?? '') && !layerOf(path) && !CONTEXT_FILES.test(path)
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

/** Paths of the files in the source tree that a file imports, relative to the tree's root. */
function filesImported(file: SourceFile): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file.path), specifier))
}

function layerOf(path: string): { context: string; layer: string } | undefined {
  return LAYER.exec(path)?.groups as { context: string; layer: string } | undefined
}

/** The top folder of a file: its context, `ledger` or `shared`; undefined for files at the root. */
function folderOf(path: string): string | undefined {
  return path.includes('/') ? path.split('/')[0] : undefined
}

/** Tells whether a folder is a context. Contexts do not import each other. */
function isContext(folder: string | undefined): boolean {
  return folder !== undefined && !FLAT.has(folder) && !Object.hasOwn(FOUNDATIONS, folder)
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
