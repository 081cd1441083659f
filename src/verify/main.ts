/** Command line of the verifier. Exit codes: 0 verified, 3 re-computes, 1 NOT verified, 2 wrong use or no evidence. */
import { createReadStream, realpathSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Refusal } from './json.ts'
import { chunksOf, linesOf } from './lines.ts'
import { lineOfConflict, lineOfError, linesOfReport, notesOf, type Report } from './report.ts'
import { fetchOk, isUrl, textOf } from './source.ts'
import { type Inputs, verify } from './verify.ts'

const USAGE = `Usage: npm run verify -- EVIDENCE [options]      EVIDENCE is a FILE or a URL

  --key VKEY            key of the log that you trust: name and public key
  --audit-log FILE|URL  whole audit log (GET /audit/log)
  --witness VKEY        a witness that you trust; repeat it for each
  --quorum N            how many of them must have seen the seal; default: more than half
  --seal-hash HEX       seal hash that you had before the round was due
  --checkpoint FILE     checkpoint of the audit log that you had before the round was due
  --commitment HEX      commitment that you had before the seal
  --ledger FILE|URL     whole ledger of the lottery
  --receipt FILE        receipt of your ballot
  --proof FILE|URL      proof that the ballot of the receipt is in the ledger
  --previous FILE|URL   evidence of the lottery that was sealed before
  --chain FILE          another beacon chain, for tests

Exit code: 0 verified, 3 re-computes, 1 NOT verified, 2 wrong use or a file that is no evidence`

const ONCE = [
  ...['key', 'audit-log', 'quorum', 'seal-hash', 'checkpoint', 'commitment'],
  ...['ledger', 'receipt', 'proof', 'previous', 'chain'],
]

/** Where the command line writes. */
export interface Output {
  readonly print: (line: string) => void
  /** Folder for the notes that prove a broken promise. */
  readonly folder: string
}

/** Runs the command line and returns its exit code. */
export async function main(args: readonly string[], output: Output): Promise<number> {
  try {
    const report = await verify(await readInputs(args))
    for (const line of linesOfReport(report)) output.print(line)
    await saveConflicts(report, output)
    return report.verdict
  } catch (error) {
    output.print(lineOfError(error))
    if (error instanceof Refusal && error.cause === USAGE) output.print(USAGE)
    return 2
  }
}

async function readInputs(args: readonly string[]): Promise<Inputs> {
  const { evidence, one, witnesses } = readArguments(args)
  const text = async (name: string) => (one(name) === undefined ? undefined : readText(one(name) as string))
  const lines = (name: string) => (one(name) === undefined ? undefined : readLines(one(name) as string))
  const quorum = one('quorum')
  if (quorum !== undefined && !/^[1-9]\d{0,8}$/.test(quorum)) throw wrongUse(`--quorum ${quorum} is no number`)
  return {
    evidence: await readText(evidence),
    key: one('key'),
    auditLog: lines('audit-log'),
    witnesses,
    quorum: quorum === undefined ? undefined : Number(quorum),
    sealHash: one('seal-hash'),
    checkpoint: await text('checkpoint'),
    commitment: one('commitment'),
    ledger: lines('ledger'),
    receipt: await text('receipt'),
    proof: await text('proof'),
    previous: await text('previous'),
    chain: await text('chain'),
  }
}

function readArguments(args: readonly string[]) {
  const options = Object.fromEntries([...ONCE, 'witness'].map((name) => [name, { type: 'string', multiple: true }]))
  const { values, positionals } = parse(args, options as Record<string, { type: 'string'; multiple: true }>)
  const empty = Object.entries(values).find(([, given]) => given?.some((value) => value.trim() === ''))
  if (empty) throw wrongUse(`--${empty[0]} is empty`)
  const twice = ONCE.find((name) => (values[name]?.length ?? 0) > 1)
  if (twice) throw wrongUse(`--${twice} is given twice`)
  const [evidence, ...others] = positionals
  if (!evidence || others.length > 0) throw wrongUse('one EVIDENCE is needed')
  return { evidence, one: (name: string) => values[name]?.[0], witnesses: values['witness'] ?? [] }
}

function parse(args: readonly string[], options: Record<string, { type: 'string'; multiple: true }>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw wrongUse(error instanceof Error ? error.message : String(error))
  }
}

function wrongUse(message: string): Refusal {
  return new Refusal(message, { cause: USAGE })
}

async function readText(source: string): Promise<string> {
  return textOf(isUrl(source) ? await (await fetchOk(source)).arrayBuffer() : await readFile(source))
}

async function* readLines(source: string): AsyncGenerator<string> {
  const body = isUrl(source) ? (await fetchOk(source)).body : undefined
  yield* linesOf(body ? chunksOf(body) : createReadStream(source, { highWaterMark: 1 << 20 }))
}

async function saveConflicts({ conflicts }: Report, { folder, print }: Output): Promise<void> {
  for (const [i, conflict] of conflicts.entries()) {
    const notes = notesOf(conflict, i + 1).map(({ name, text }) => ({ name: join(folder, name), text }))
    for (const { name, text } of notes) await writeFile(name, text)
    print(lineOfConflict(notes))
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2), { print: (line) => console.log(line), folder: '.' })
}
