/** Command line of the monitor. Exit codes: 0 no contradiction, 1 a contradiction, 2 wrong use or no answer. */
import { realpathSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chainHash, QUICKNET } from '../verify/beacon.ts'
import { sha256 } from '../verify/crypto.ts'
import { parseChain } from '../verify/document.ts'
import { isObject, parseJson, Refusal } from '../verify/json.ts'
import { parseCheckpoint, parseLogKey } from '../verify/note.ts'
import { ascii, hexOf, timeOf } from '../verify/primitives.ts'
import { parseWitnesses } from '../verify/witnesses.ts'
import type { Contradiction } from './contradiction.ts'
import { readText, Unavailable } from './requests.ts'
import type { Settings } from './settings.ts'
import { loadState, newState, type State, saveState } from './state.ts'
import { type Visited, visit } from './visit.ts'

const USAGE = `Usage: npm run monitor -- URL [options]      URL is the address of a service

  --key VKEY      key of the log that you trust; default: the one of the first visit
  --state FILE    keeps what was seen, from one visit to the next
  --once          ends after one visit; default: a visit every minute
  --witness VKEY  a witness that you trust; repeat it for each
  --beacon URL    a relay of drand; repeat it for each; default: https://api.drand.sh

Exit code: 0 no contradiction, 1 a contradiction, 2 wrong use or the service did not answer`

const MINUTE = 60_000
const MAX_KEYS = 100_000
const ONE = { type: 'string' } as const
const MANY = { type: 'string', multiple: true } as const

/** What the monitor takes from its process. */
export interface Surroundings {
  readonly print: (line: string) => void
  /** Milliseconds since 1970-01-01. */
  readonly now: () => number
  /** Ends the monitor after the present visit. */
  readonly ending: AbortSignal
  /** Milliseconds from the start of a visit to the start of the next; a minute by default. */
  readonly interval?: number
}

interface Arguments {
  readonly settings: Settings
  readonly key: string | undefined
  readonly stateFile: string | undefined
  readonly isOnce: boolean
}

/** Runs the command line and returns its exit code. */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<0 | 1 | 2> {
  const { now, ending, interval = MINUTE } = surroundings
  const print = (line: string) => surroundings.print(line.replaceAll(/\p{Cc}/gu, '?')) // the operator chose parts of it
  const printed = new Set<string>()
  try {
    const { settings, key, stateFile, isOnce } = await readArguments(args)
    let state = stateFile === undefined ? undefined : await loadState(stateFile)
    for (;;) {
      const started = now()
      try {
        state ??= newState(await firstKey(key, settings, print))
        checkKeys(state, key, settings)
        const visited = await visit(state, settings, now)
        printNews(visited, printed, print, now())
        if (visited.contradictions.length > 0) {
          await saveProofs(visited.contradictions, stateFile, print)
          return 1
        }
        state = visited.state
        if (stateFile !== undefined) await saveState(stateFile, state)
      } catch (error) {
        if (isOnce || !(error instanceof Unavailable)) throw error
        print(`No visit: ${error.message}.`)
      }
      if (isOnce || ending.aborted) return 0
      await pause(Math.max(0, started + interval - now()), undefined, { signal: ending }).catch(() => {})
      if (ending.aborted) return 0
    }
  } catch (error) {
    print(`No verdict: ${error instanceof Error ? error.message : String(error)}.`)
    if (error instanceof Refusal && error.cause === USAGE) surroundings.print(USAGE)
    return 2
  }
}

async function readArguments(args: readonly string[]): Promise<Arguments> {
  const { values, positionals } = parse(args)
  const [url, ...others] = positionals
  if (url === undefined || others.length > 0) throw wrongUse('one URL is needed')
  const { beacon = ['https://api.drand.sh'], witness = [] } = values
  const addresses = [url, ...beacon].map((address) => {
    if (!/^https?:\/\//.test(address) || !URL.canParse(address)) throw wrongUse(`${address} is no URL`)
    return address.replace(/\/+$/, '')
  })
  const [service = '', ...beacons] = addresses
  const chainText = values.chain === undefined ? undefined : await readFile(values.chain, 'utf8')
  const chain = chainText === undefined ? QUICKNET : parseChain(chainText)
  if (chainHash(chain) !== chain.chain_hash) throw new Refusal('the chain hash of --chain does not fit its parameters')
  const settings = { url: service, witnesses: witness, beacons, chain, chainText }
  return { settings, key: values.key, stateFile: values.state, isOnce: values.once === true }
}

function parse(args: readonly string[]) {
  const options = { key: ONE, state: ONE, once: { type: 'boolean' }, witness: MANY, beacon: MANY, chain: ONE } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw wrongUse(error instanceof Error ? error.message : String(error))
  }
}

function wrongUse(message: string): Refusal {
  return new Refusal(message, { cause: USAGE })
}

/** Key of the first visit: the reader's, or else the service's, which is pinned from then on. */
async function firstKey(given: string | undefined, { url }: Settings, print: (line: string) => void): Promise<string> {
  if (given !== undefined) return given
  const keys = parseJson(await readText(`${url}/keys`, MAX_KEYS), `${url}/keys`)
  const served = isObject(keys) ? keys['verifier_key'] : undefined
  if (typeof served !== 'string') throw new Unavailable(`${url}/keys names no verifier_key`)
  print(`First visit: the service says that its key is ${served}. Compare it with what others know; it is pinned now.`)
  return served
}

/** @throws Refusal for a malformed key or witness, and for a key that is not the pinned one */
function checkKeys(state: State, given: string | undefined, { witnesses }: Settings): void {
  const key = parseLogKey(state.key, 'the key of the log')
  parseWitnesses(witnesses, undefined, [key])
  if (given !== undefined && given !== state.key)
    throw new Refusal(`--key is another key than ${state.key}, which the state file was begun with`)
}

/** Prints the lines that were not printed before, and a summary when there are any. */
function printNews(visited: Visited, printed: Set<string>, print: (line: string) => void, now: number): void {
  const { state, lines, alarms, contradictions } = visited
  const news = lines.filter((line) => !printed.has(line))
  printed.clear()
  for (const line of lines) printed.add(line)
  for (const line of news) print(line)
  for (const { message } of contradictions) print(`CONTRADICTION: ${message}`)
  if (news.length === 0 && contradictions.length === 0 && lines.length > 0) return
  const size = parseCheckpoint(state.note ?? '')?.size ?? 0
  const counts = `${size} events, ${state.lotteries.size} lotteries, ${alarms} alarms`
  print(`${timeOf(now)}: ${counts}, ${contradictions.length || 'no'} contradictions.`)
}

/** Saves the texts that contradict, next to the state file. A part of its hash in each name keeps the texts apart. */
async function saveProofs(
  contradictions: readonly Contradiction[],
  stateFile: string | undefined,
  print: (line: string) => void,
): Promise<void> {
  const folder = stateFile === undefined ? '.' : dirname(stateFile)
  for (const { name, text } of contradictions.flatMap(({ proofs }) => proofs)) {
    const path = join(folder, `contradiction-${hexOf(sha256(ascii(text))).slice(0, 8)}-${name}`)
    await writeFile(path, text)
    print(`Saved: ${path}`)
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
  const surroundings = { print: (line: string) => console.log(line), now: () => Date.now(), ending: ending.signal }
  process.exitCode = await main(process.argv.slice(2), surroundings)
}
