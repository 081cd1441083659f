import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import type { FastifyPluginAsync } from 'fastify'
import { markImmutable } from '../shared/api/immutable.ts'

const BROWSER = new URL('browser/', import.meta.url)
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  ico: 'image/svg+xml',
}
/** A worker takes its policy from its own file, not from its page. It loads scripts from here, and reads any operator's files. */
const WORKER_POLICY =
  "default-src 'none';script-src 'self';connect-src 'self' https:;require-trusted-types-for 'script';trusted-types 'none'"

/** A file that pages load. */
export interface Asset {
  readonly path: string
  readonly body: string
  /** SHA-256 in hex. */
  readonly hash: string
}

let assets: readonly Asset[] | undefined

/** The scripts and the style sheet of the pages. The browser gets the scripts as they stand here, without their types. */
export function pageAssets(): readonly Asset[] {
  assets ??= readAssets()
  return assets
}

function readAssets(): readonly Asset[] {
  return readdirSync(BROWSER).map((name) => {
    const text = readFileSync(new URL(name, BROWSER), 'utf8')
    const isScript = name.endsWith('.ts')
    return assetOf(`/assets/${name.replace(/\.ts$/, '.js')}`, isScript ? scriptOf(text) : text)
  })
}

export function assetOf(path: string, body: string): Asset {
  return { path, body, hash: createHash('sha256').update(body).digest('hex') }
}

/** The script without its types, with the specifiers of browsers. */
export function scriptOf(typescript: string): string {
  const script = stripTypeScriptTypes(typescript).replace(/(\bfrom\s*'\.{1,2}\/[^'\n]*)\.ts'/g, "$1.js'")
  return script.replaceAll("'../../verify/", "'./verify/") // as it is served, below /assets
}

/** Serves the files. A browser asks again each time, and gets 304 while a file is the same. */
export function assetRoutes(assets: readonly Asset[]): FastifyPluginAsync {
  const byPath = new Map(assets.map((asset) => [asset.path, asset]))
  return async (app) => {
    app.get<{ Params: { '*': string } }>('/assets/*', { schema: { hide: true } }, async ({ params }, reply) => {
      const asset = byPath.get(`/assets/${params['*']}`)
      if (!asset) return reply.callNotFound()
      const { path, body, hash } = asset
      markImmutable(reply, hash)
      if (path.endsWith('-worker.js')) reply.header('content-security-policy', WORKER_POLICY)
      const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8'
      return reply.header('cache-control', 'no-cache').type(type).send(body)
    })
  }
}
