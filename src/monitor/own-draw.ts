/** Draws a lottery that the operator sealed and did not close, as far as the public facts allow. */
import { isRoundSignature } from '../verify/beacon.ts'
import { sha256 } from '../verify/crypto.ts'
import type { SealedData } from '../verify/document.ts'
import { drawIndexes, readEntry, seedOf } from '../verify/draw.ts'
import { Refusal } from '../verify/json.ts'
import { readLedger } from '../verify/ledger.ts'
import { bytesOf, fromHex, hexOf } from '../verify/primitives.ts'
import { Contradiction } from './contradiction.ts'
import { readLines, readText, Unavailable } from './requests.ts'
import type { Settings } from './settings.ts'
import type { LotteryFacts } from './state.ts'

const MAX_ANSWER = 10_000

/**
 * Draws with the round that the seal names. Returns the result in words, and keeps a complete one in the facts.
 *
 * @throws Contradiction when the ledger does not give the sealed root
 */
export async function drawUnclosed(seal: SealedData, facts: LotteryFacts, settings: Settings): Promise<string> {
  if (facts.drawn !== undefined) return facts.drawn
  const signature = await signatureOf(seal.round, settings)
  if (!signature) return `no relay gave the signature of round ${seal.round}, so the monitor could not draw it`
  const seed = seedOf(sha256(signature), seal.seal_hash)
  const { excluded_count: excluded, ballot_count: count } = seal
  if (excluded > 0) {
    facts.drawn =
      `the seed is ${hexOf(seed)}, but the winner cannot be computed: ${excluded} of ${count} ballots are excluded, ` +
      `and the ledger hides which ballots are those of the ${facts.bannedUsers} users banned in the log`
    return facts.drawn
  }
  const ordinals = drawIndexes(seed, count, [], seal.prizes).map((index) => index + 1)
  try {
    const entries = await entriesAt(ordinals, seal, settings)
    const winners = ordinals.map((ordinal, i) => `rank ${i + 1} ordinal ${ordinal}, ballot ${entries.get(ordinal)}`)
    facts.drawn = `drawn by the monitor with round ${seal.round}: ${winners.join('; ') || 'nobody wins'}`
    return facts.drawn
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    return `drawn by the monitor with round ${seal.round}: ordinal ${ordinals.join(', ')}; the ledger is not served`
  }
}

/** Ballot ids at ordinals of the ledger. */
async function entriesAt(
  ordinals: readonly number[],
  { date, ballot_count: count, root }: SealedData,
  { url }: Settings,
): Promise<Map<number, string>> {
  const ledgerUrl = `${url}/lotteries/${date}/ledger`
  try {
    const ledger = await readLedger(readLines(ledgerUrl), { date, ordinals: new Set(ordinals), sizes: [] })
    if (ledger.size !== count || ledger.root !== root) throw new Refusal('it does not give the sealed root')
    if (ledger.faults.length > 0) throw new Refusal(ledger.faults.join('; '))
    return new Map([...ledger.entries].map(([ordinal, entry]) => [ordinal, ballotIdOf(entry)]))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const what = `The ledger of ${date} contradicts its seal: ${error.message}.`
    throw new Contradiction(what, [{ name: `${date}-ledger-url.txt`, text: `${ledgerUrl}\n` }])
  }
}

function ballotIdOf(entry: string): string {
  const hex = hexOf(readEntry(bytesOf(entry)).ballotId)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Returns the first right signature that a relay gives. Relays are not trusted: the chain's key checks each answer. */
async function signatureOf(round: number, { beacons, chain }: Settings): Promise<Uint8Array | undefined> {
  for (const beacon of beacons) {
    try {
      const answer: unknown = JSON.parse(await readText(`${beacon}/${chain.chain_hash}/public/${round}`, MAX_ANSWER))
      const { signature } = answer as { readonly signature?: unknown }
      const bytes = typeof signature === 'string' ? fromHex(signature) : undefined
      if (bytes && isRoundSignature(chain, round, bytes)) return bytes
    } catch (error) {
      const isAbsent = error instanceof Unavailable || error instanceof SyntaxError || error instanceof TypeError
      if (!isAbsent) throw error
    }
  }
  return undefined
}
