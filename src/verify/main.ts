/**
 * Command `npm run verify -- FILE|URL [--ledger FILE|URL] [--receipt FILE] [--key VERIFIER_KEY]`.
 *
 * Repeats the draw of a lottery from its evidence. Uses no network when all arguments are files. Exits with 0 when
 * every check holds, otherwise with 1.
 */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { type Evidence, parseEvidence } from './document.ts'
import { type Check, checkEvidence } from './evidence.ts'
import {
  checkLedger,
  checkReceipt,
  type LedgerFacts,
  parseReceipt,
  promisedSize,
  type Receipt,
  readLedgerLines,
} from './ledger.ts'

const USAGE = 'usage: npm run verify -- FILE|URL [--ledger FILE|URL] [--receipt FILE] [--key VERIFIER_KEY]'

const PROVES = {
  'commit-reveal':
    'What this proves: the winner follows from these ballots and this secret. If you saw the commitment while the\n' +
    'lottery was open, it also proves that the secret was fixed then: the draw could not be repeated with other secrets.\n' +
    'What it does not prove: that the operator, who knew the secret, added no ballots of their own to steer the draw.',
  drand:
    'What this proves: the winner follows from these ballots and a public random number, which could not be chosen, nor\n' +
    'known before its publication. If you saved this checkpoint before that, it also proves that the ballots were fixed.\n' +
    'What it does not prove: that the users are real and different people.\n' +
    'A round marked late means that the lottery was sealed after downtime.',
}

const isUrl = (source: string) => /^https?:\/\//.test(source)

try {
  process.exitCode = (await verify()) ? 0 : 1
} catch (error) {
  console.error(`FAIL  ${reasonOf(error as Error)}`)
  process.exitCode = 1
}

/** Error message as one line without control characters, since it can contain text from servers and files. */
function reasonOf({ message, cause }: Error): string {
  const whole = cause instanceof Error ? `${message}: ${cause.message}` : message
  return whole.replaceAll(/[\s\p{Cc}]+/gu, ' ')
}

async function verify(): Promise<boolean> {
  const options = { ledger: { type: 'string' }, receipt: { type: 'string' }, key: { type: 'string' } } as const
  const { positionals, values } = parseArgs({ allowPositionals: true, options })
  const [source] = positionals
  if (source === undefined || positionals.length > 1) throw new Error(USAGE)

  const evidence = parseEvidence(await textOf(source))
  const receipt = values.receipt ? parseReceipt(await textOf(values.receipt)) : undefined
  const checks = checkEvidence(evidence)
  if (values.key !== undefined) {
    checks.unshift({ name: 'key', holds: evidence.verifier_key === values.key, detail: 'is the key that you passed' })
  }
  const ledger = values.ledger === undefined ? undefined : await ledgerFacts(values.ledger, evidence, receipt)
  if (ledger) checks.push(...checkLedger(evidence, ledger))
  if (receipt) checks.push(...checkReceipt(evidence, receipt, ledger))

  console.log(`Lottery of ${evidence.lottery_date}, ${evidence.ballot_count} ballots, key ${evidence.verifier_key}\n`)
  for (const check of checks) console.log(lineOf(check))
  const verified = checks.every(({ holds }) => holds)
  console.log(
    `\n${verified ? PROVES[evidence.entropy.kind] : 'Not verified: this evidence does not show a fair draw.'}`,
  )
  if (receipt && !ledger)
    console.log('Pass --ledger too, to check that the ballot of the receipt took part in the draw.')
  return verified
}

function lineOf({ name, holds, detail }: Check): string {
  return `${holds ? 'ok  ' : 'FAIL'}  ${name.padEnd(18)}  ${detail}`
}

async function textOf(source: string): Promise<string> {
  const bytes = isUrl(source) ? await (await fetchOk(source)).arrayBuffer() : await readFile(source)
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

async function fetchOk(url: string): Promise<Response> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} returned ${response.status}: ${(await response.text()).slice(0, 300)}`)
  return response
}

async function ledgerFacts(source: string, evidence: Evidence, receipt: Receipt | undefined): Promise<LedgerFacts> {
  const body = isUrl(source) ? (await fetchOk(source)).body : createReadStream(source)
  const input = body instanceof Readable ? body : Readable.from(body ?? [])
  const wanted = {
    date: evidence.lottery_date,
    ordinals: new Set([evidence.winning_ordinal ?? 0, receipt?.ordinal ?? 0]),
    sizes: new Set([receipt ? promisedSize(evidence, receipt) : 0]),
  }
  const showProgress = progressBar(evidence.ballot_count)
  return readLedgerLines(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), wanted, showProgress).finally(
    () => showProgress(0),
  )
}

/** Progress bar on stderr, shown only on a terminal. A call with 0 erases the bar. */
function progressBar(total: number): (entries: number) => void {
  if (!process.stderr.isTTY) return () => {}
  return (entries) => {
    const done = Math.min(30, Math.floor((30 * entries) / Math.max(1, total)))
    const bar = `ledger [${'#'.repeat(done).padEnd(30)}] ${entries} of ${total}`
    process.stderr.write(entries === 0 ? '\r\x1b[K' : `\r${bar}`)
  }
}
