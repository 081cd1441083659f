import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { type Asset, assetOf, pageAssets } from './assets.ts'
import { type Html, html } from './html.ts'
import { IMPORT, importsOf, verifierFiles } from './verifier-files.ts'
import { verifyForm } from './verify-form.ts'

export const VERIFIER_HTML = '/verifier.html'
const ENTRY = '/assets/verify-offline.js'
const STYLES = '/assets/pages.css'
const DECLARATION = /^export (?=(?:async )?(?:function\*?|class|const) (\w+))/gm
/** What would end a script, or make it another text, when a browser reads it out of a page. */
const UNSAFE_IN_SCRIPT = /<\/script|<!--|\r|\0/i

/**
 * The verifier as one page to keep. It runs from a disk, and its policy lets it connect to nothing. It is equal byte by byte
 * wherever it is built from the same source.
 */
export function verifierHtml(): Asset {
  kept ??= build()
  return kept
}

let kept: Asset | undefined

function build(): Asset {
  const files = new Map([...pageAssets(), ...verifierFiles()].map((file) => [file.path, file.body]))
  const script = `'use strict'\nconst files = {}\n${inOrder(ENTRY, files).join('')}`
  if (UNSAFE_IN_SCRIPT.test(script)) throw new Error('the script of verifier.html cannot stand in a page')
  return assetOf(VERIFIER_HTML, pageOf(script, files.get(STYLES) ?? ''))
}

/** The files that a file needs, each after those that it imports, and each as a function that returns its exports. */
function inOrder(path: string, files: ReadonlyMap<string, string>, done = new Set<string>()): string[] {
  if (done.has(path)) return []
  done.add(path)
  const body = files.get(path)
  if (body === undefined) throw new Error(`${path} is imported, but no page loads it`)
  const before = importsOf(path, body).flatMap((imported) => inOrder(imported, files, done))
  return [...before, `\n// ${path}\nfiles['${path}'] = (() => {\n${asFunction(path, body)}})()\n`]
}

/** Replaces imports by constants, and exports by one object at the end. */
function asFunction(path: string, body: string): string {
  const names: string[] = []
  const constants = body.replace(IMPORT, (_statement, keyword: string, named: string, specifier: string) => {
    const source = `files['${posix.join(posix.dirname(path), specifier)}']`
    if (named.startsWith('*')) return `const ${named.slice('* as '.length)} = ${source}`
    if (keyword === 'export') {
      names.push(...namesIn(named).map((name) => `${name}: ${source}.${name}`))
      return ''
    }
    return `const ${named.replaceAll(' as ', ': ')} = ${source}`
  })
  const text = constants
    .replace(DECLARATION, (_export, name: string) => {
      names.push(name)
      return ''
    })
    .replace(/^export (\{[^}]*\});?/gm, (_export, named: string) => {
      names.push(...namesIn(named))
      return ''
    })
  const left = /^(?:import|export)\b.*/m.exec(text)
  if (left) throw new Error(`${path} has "${left[0]}", which cannot stand in verifier.html`)
  return `${text.trimEnd()}\nreturn { ${names.join(', ')} }\n`
}

function namesIn(named: string): string[] {
  if (/\bas\b/.test(named)) throw new Error(`verifier.html cannot hold an export that is renamed: ${named}`)
  return named.match(/[\w$]+/g) ?? []
}

function pageOf(script: string, styles: string): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(styles)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join(';')
  const [head, foot] = String(frame(policy)).split('STYLES')
  const [body, end] = (foot ?? '').split('SCRIPT')
  return `${head}<style>${styles}</style>${body}<script>${script}</script>${end}`
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function frame(policy: string): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Verifier of lottery-draw-v2</title>
STYLES
</head>
<body>
<main>
<h1>Check a draw</h1>
<p>This file draws a lottery again and checks every signature and hash. It runs in this browser alone: its policy forbids every
connection, so save the documents first and hand them over as files.</p>
<noscript><p>Checking needs JavaScript.</p></noscript>
${verifyForm({}, { isOnline: false })}
</main>
SCRIPT
</body>
</html>
`
}
