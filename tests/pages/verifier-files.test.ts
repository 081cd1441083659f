import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifierFiles } from '../../src/pages/verifier-files.ts'
import { verifierHtml } from '../../src/pages/verifier-html.ts'
import { honest } from '../verify/lies.ts'
import { appThatChecks } from './checking-app.ts'
import { saidByCommandLine, saidByFile } from './said.ts'

const files = verifierFiles()
const SOURCE = 'src/verify/'
/** Folders of the library, as the library itself finds them. */
const curves = createRequire(import.meta.url).resolve('@noble/curves/ed25519.js')
const installed = { curves: dirname(curves), hashes: dirname(createRequire(curves).resolve('@noble/hashes/sha2.js')) }

describe('the files of the page that checks', () => {
  it('are all files of the verifier but its command line, without their types', () => {
    const sources = readdirSync(SOURCE).filter((name) => name.endsWith('.ts') && name !== 'main.ts')
    const served = files.filter(({ path }) => path.startsWith('/assets/verify/'))

    expect(served.map(({ path }) => path)).toEqual(
      sources.map((name) => `/assets/verify/${name.replace('.ts', '.js')}`),
    )
    for (const [n, { body }] of served.entries()) {
      const source = stripTypeScriptTypes(readFileSync(SOURCE + sources[n], 'utf8'))
      expect(body.replaceAll(/from '\.\/(.*)\.js'/g, "from './$1.ts'").replaceAll("'../noble/", "'@noble/")).toBe(
        source,
      )
    }
  })

  it('are the installed files of @noble, with paths in place of names of packages', () => {
    const served = files.filter(({ path }) => path.startsWith('/assets/noble/'))

    expect(served.length).toBeGreaterThan(10)
    for (const { path, body } of served) {
      const [, , , folder, ...name] = path.split('/')
      const text = readFileSync(join(installed[folder as keyof typeof installed], ...name), 'utf8')
      expect(body.replaceAll(/'(?:\.\.\/)+hashes\//g, "'@noble/hashes/")).toBe(text)
    }
  })

  it('import each other and nothing else', () => {
    const paths = new Set(files.map(({ path }) => path))

    for (const { path, body } of files) {
      for (const [, , specifier = ''] of body.matchAll(/^(?:import|export)\b[^;]*?from\s*(['"])(.*?)\1/gm))
        expect(paths).toContain(new URL(specifier, `http://lottery.test${path}`).pathname)
      expect(body).not.toMatch(/^import\s*['"]|\bimport\(|\brequire\(/m)
    }
  })

  it('are served with their types and hashes, and the worker with its own policy', async () => {
    const app = await appThatChecks()
    const answers = await Promise.all(files.map(({ path }) => app.inject(path)))

    for (const [n, { body, headers }] of answers.entries()) {
      expect(body).toBe(files[n]?.body)
      expect([headers['content-type'], headers.etag]).toEqual(['text/javascript; charset=utf-8', `"${files[n]?.hash}"`])
    }
    const worker = await app.inject('/assets/verify-worker.js')
    expect(worker.headers['content-security-policy']).toContain("script-src 'self';connect-src 'self' https:;")
  })
})

describe('verifier.html', () => {
  it('is the same byte by byte when it is served and when it is built from the source', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'verifier-'))
    const file = join(folder, 'verifier.html')
    try {
      const printed = execFileSync(process.execPath, ['src/pages/write-verifier-html.ts', file], { stdio: 'pipe' })
      const served = await (await appThatChecks()).inject('/verifier.html')

      expect(served.rawPayload.equals(readFileSync(file))).toBe(true)
      expect(String(printed)).toBe(`${verifierHtml().hash}  ${file}\n`)
      expect(served.headers['content-disposition']).toContain('attachment')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.each([
    ['a verified lottery', () => ({})],
    ['what is missing', () => ({ witnesses: [], key: undefined })],
    ['a ledger', () => ({ ledger: honest.ledger() })],
    ['a ledger of another lottery', () => ({ ledger: honest.log() })],
    ['no evidence', () => ({ evidence: '<img src=x onerror=alert(1)>' })],
  ])('says word by word what the command line says: %s', async (_, changes) => {
    const inputs = () => ({ ...honest.inputs(), ...changes() })

    expect(await saidByFile(inputs())).toEqual(await saidByCommandLine(inputs()))
  })
})
