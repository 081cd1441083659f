import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { pageAssets } from '../../src/pages/assets.ts'
import type { runCheck } from '../../src/pages/browser/verify-run.ts'
import { verifierFiles } from '../../src/pages/verifier-files.ts'
import { verifierHtml } from '../../src/pages/verifier-html.ts'
import { main } from '../../src/verify/main.ts'
import type { Inputs } from '../../src/verify/verify.ts'

/** Exit code of the verifier, and the whole text that it prints. */
interface Said {
  readonly exit: number
  readonly text: string
}

const page = runOfServedFiles()
const file = runOfSingleFile()

/** What the command line prints. */
export async function saidByCommandLine(inputs: Inputs): Promise<Said> {
  const { evidence, key, sealHash, commitment, quorum, witnesses, auditLog, ...others } = await textsOf(inputs)
  const folder = mkdtempSync(join(tmpdir(), 'said-'))
  const save = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const options = { key, 'seal-hash': sealHash, commitment, quorum: quorum?.toString() }
  const documents = { 'audit-log': auditLog, ...others }
  const args = [
    save('evidence', evidence),
    ...given(options).flatMap(([name, value]) => [`--${name}`, value]),
    ...(witnesses ?? []).flatMap((vkey) => ['--witness', vkey]),
    ...given(documents).flatMap(([name, text]) => [`--${name}`, save(name, text)]),
  ]
  const lines: string[] = []
  try {
    const exit = await main(args, { folder, print: (line) => void lines.push(line) })
    return { exit, text: lines.join('\n').replaceAll(`${folder}/`, '') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What the page shows, with the files that are served. */
export async function saidByPage(inputs: Inputs): Promise<Said> {
  return saidBy(page, inputs)
}

/** What verifier.html shows. */
export async function saidByFile(inputs: Inputs): Promise<Said> {
  return saidBy(file, inputs)
}

async function saidBy(run: typeof runCheck, inputs: Inputs): Promise<Said> {
  const { ledger, auditLog, ...texts } = await textsOf(inputs)
  const { verdict, lines } = await run({ ...texts, ledger: blobOf(ledger), auditLog: blobOf(auditLog) }, () => {})
  return { exit: verdict, text: lines.join('\n') }
}

async function textsOf(inputs: Inputs) {
  return { ...inputs, ledger: await textOf(inputs.ledger), auditLog: await textOf(inputs.auditLog) }
}

function given(options: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(options).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
}

/** Lines as the text of a file. */
export async function textOf(lines: AsyncIterable<string> | undefined): Promise<string | undefined> {
  if (!lines) return undefined
  let text = ''
  for await (const line of lines) text += `${line}\n`
  return text
}

function blobOf(text: string | undefined): Blob | undefined {
  return text === undefined ? undefined : new Blob([text])
}

/** Loads the served files from a disk, as they are. */
function runOfServedFiles(): typeof runCheck {
  const folder = mkdtempSync(join(tmpdir(), 'served-'))
  try {
    for (const { path, body } of [...pageAssets(), ...verifierFiles()]) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), body)
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    return createRequire(import.meta.url)(join(folder, '/assets/verify-run.js')).runCheck
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Runs the script of verifier.html up to its last file, which needs a page. */
function runOfSingleFile(): typeof runCheck {
  const [, script = ''] = /<script>(.*)<\/script>/s.exec(verifierHtml().body) ?? []
  const [files = ''] = script.split('\n// /assets/verify-offline.js\n')
  return runInThisContext(`(() => { ${files}\nreturn files['/assets/verify-run.js'].runCheck })()`)
}
