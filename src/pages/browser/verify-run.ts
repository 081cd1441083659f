/** The check of a draw in a browser: the verifier of the command line, with the same words. */
import { chunksOf, linesOf } from '../../verify/lines.ts'
import { lineOfConflict, lineOfError, linesOfReport, type NoteFile, notesOf } from '../../verify/report.ts'
import { fetchOk, textOf } from '../../verify/source.ts'
import { type Inputs, verify } from '../../verify/verify.ts'

/** What a visitor hands over: a text, a file, or the URL of it. */
export type Given = string | Blob | { readonly url: string }

/** Names of the documents, as the verifier has them. */
type DocumentName = 'checkpoint' | 'receipt' | 'proof' | 'previous' | 'chain'
type Documents = { readonly [name in DocumentName | 'ledger' | 'auditLog']?: Given | undefined }

/** The inputs of the command line. */
export interface CheckRequest
  extends Pick<Inputs, 'key' | 'witnesses' | 'quorum' | 'sealHash' | 'commitment'>,
    Documents {
  readonly evidence: Given
}

export interface CheckAnswer {
  /** Exit code of the command line. */
  readonly verdict: 0 | 1 | 2 | 3
  /** The verdict in one sentence. */
  readonly headline: string
  /** All that the command line prints. */
  readonly lines: readonly string[]
  /** Signed notes that prove a broken promise. */
  readonly notes: readonly NoteFile[]
}

type Progress = (line: string) => void | Promise<void>

/** Bytes that are read before the visitor is told again. */
const BYTES_BETWEEN = 1e6

/** Checks a draw. It tells how far it is while it reads the long files, and waits for what it told to be taken. */
export async function runCheck(request: CheckRequest, tell: Progress): Promise<CheckAnswer> {
  try {
    const report = await verify(await inputsOf(request, tell))
    const notes = report.conflicts.map((conflict, n) => notesOf(conflict, n + 1))
    const lines = [...linesOfReport(report), ...notes.map(lineOfConflict)]
    return { verdict: report.verdict, headline: report.headline, lines, notes: notes.flat() }
  } catch (error) {
    const headline = lineOfError(error)
    return { verdict: 2, headline, lines: [headline], notes: [] }
  }
}

async function inputsOf(request: CheckRequest, tell: Progress): Promise<Inputs> {
  const { ledger, auditLog, ...others } = request
  const text = async (name: DocumentName) => (others[name] === undefined ? undefined : readText(others[name]))
  await tell('Reading the documents.')
  return {
    ...others,
    evidence: await readText(request.evidence),
    checkpoint: await text('checkpoint'),
    receipt: await text('receipt'),
    proof: await text('proof'),
    previous: await text('previous'),
    chain: await text('chain'),
    ledger: ledger !== undefined ? readLines(ledger, 'ledger', tell) : undefined,
    auditLog: auditLog !== undefined ? readLines(auditLog, 'audit log', tell) : undefined,
  }
}

async function readText(given: Given): Promise<string> {
  if (typeof given === 'string') return given
  return textOf(await (given instanceof Blob ? given : await fetchOk(given.url)).arrayBuffer())
}

/** Lines of a file, read when they are asked for. One piece of the file is held at a time, so that it may have any length. */
function readLines(given: Given, what: string, tell: Progress): AsyncGenerator<string> {
  return linesOf(readChunks(given, what, tell))
}

async function* readChunks(given: Given, what: string, tell: Progress): AsyncGenerator<Uint8Array> {
  let [read, told] = [0, -BYTES_BETWEEN]
  for await (const chunk of chunksOf(await streamOf(given))) {
    if (read - told >= BYTES_BETWEEN) {
      await tell(`Reading the ${what}: ${Math.round(read / 1e6)} MB.`)
      told = read
    }
    read += chunk.length
    yield chunk
  }
}

async function streamOf(given: Given): Promise<ReadableStream<Uint8Array>> {
  if (typeof given === 'string') return new Blob([given]).stream()
  if (given instanceof Blob) return given.stream()
  return (await fetchOk(given.url)).body ?? new Blob([]).stream()
}
