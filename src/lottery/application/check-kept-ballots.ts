import { headOf } from '../../ledger/domain/growing-tree.ts'
import { CompactRange, leafHash, rootFromInclusion } from '../../ledger/domain/merkle-tree.ts'
import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import { NodeMissing } from '../../ledger/domain/tree-proofs.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { ballotLeafOf, ledgerEntryOf } from '../domain/ledger-entry.ts'
import { type LedgerNodes, LedgerProofs } from '../domain/ledger-proofs.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { Exclusion } from '../domain/seal.ts'
import type { KeptBallot, KeptBallots } from './kept-ballots.ts'

const PAGE = 2_000
/** Entries that a proof has to read at most. */
const ENTRIES_FOR_PROOF = 256

/** Ledger entries of kept ballots by their ordinals. */
type Entries = ReadonlyMap<number, Uint8Array>

/** How much is expected of a lottery's kept ballots. */
export interface Expectation {
  /** Whether every ballot that the evidence names must be kept. */
  readonly isComplete: boolean
  /** The lottery's ledger, where it can be read. */
  readonly nodes: LedgerNodes | undefined
}

/** Compares the kept ballots of a lottery with its exclusions, its winner and its sealed ledger. */
export class CheckKeptBallots {
  readonly #kept: KeptBallots

  constructor(kept: KeptBallots) {
    this.#kept = kept
  }

  /** Returns a sentence for every difference. */
  async execute(
    lottery: LotteryState,
    exclusions: readonly Exclusion[],
    { isComplete, nodes }: Expectation,
  ): Promise<string[]> {
    const winner = lottery.draw?.winner?.ordinal
    const named = new Set(exclusions.map(({ ordinal }) => ordinal))
    if (winner !== undefined) named.add(winner)
    const findings: string[] = []
    const excluded = new Map<number, Uint8Array>()
    for await (const ballot of this.#all(lottery)) {
      const { ordinal } = ballot
      if (!named.delete(ordinal)) findings.push(`ballot ${ordinal} is kept, although the evidence does not name it`)
      else if (ordinal === winner) findings.push(...winnerFindings(ballot, lottery))
      else {
        if (ordinal <= lottery.ledger.size) excluded.set(ordinal, ledgerEntryOf(ballot))
        else findings.push(unlike(ordinal))
        if (ballot.proof) findings.push(`a proof is kept of ballot ${ordinal}, which did not win`)
      }
    }
    if (isComplete) {
      for (const ordinal of named) findings.push(`ballot ${ordinal} is not kept, although the evidence names it`)
    }
    if (nodes && excluded.size > 0) findings.push(...(await ledgerFindings(lottery, excluded, nodes)))
    return findings
  }

  async find(date: CalendarDate, ordinal: number): Promise<KeptBallot | undefined> {
    return this.#kept.find(date, ordinal)
  }

  async *#all({ date }: LotteryState): AsyncGenerator<KeptBallot> {
    for (let after: number | undefined = Number.MIN_SAFE_INTEGER; after !== undefined; ) {
      const page: readonly KeptBallot[] = await this.#kept.list({ date, after, limit: PAGE })
      yield* page
      after = page.length < PAGE ? undefined : page.at(-1)?.ordinal
    }
  }
}

function winnerFindings(ballot: KeptBallot, { ledger, draw }: LotteryState): string[] {
  const { id, ordinal, proof } = ballot
  if (id !== draw?.winner?.ballotId) return [`the kept ballot ${ordinal} is not the winner`]
  if (!proof) return [`no proof is kept of the winner, ballot ${ordinal}`]
  const root = rootFromInclusion(ballotLeafOf(ballot), ordinal - 1, ledger.size, proof)
  if (root && sameBytes(root, headOf(ledger).root)) return []
  return [`the kept winner, ballot ${ordinal}, and its kept proof do not lead to the sealed root`]
}

/** Proves that kept entries are in the sealed ledger: a few of them one by one, many by reading the whole ledger. */
async function ledgerFindings(lottery: LotteryState, kept: Entries, nodes: LedgerNodes): Promise<string[]> {
  const isFew = kept.size * ENTRIES_FOR_PROOF < lottery.ledger.size
  return isFew ? proofFindings(lottery, kept, nodes) : entryFindings(lottery, kept, nodes)
}

async function proofFindings({ date, ledger }: LotteryState, kept: Entries, nodes: LedgerNodes): Promise<string[]> {
  const { size, root } = headOf(ledger)
  const proofs = new LedgerProofs(nodes)
  const findings: string[] = []
  for (const [ordinal, entry] of kept) {
    try {
      const { proof } = await proofs.inclusion(date, ordinal, size, ledger.hashes)
      const reached = rootFromInclusion(leafHash(entry), ordinal - 1, size, proof)
      if (!reached || !sameBytes(reached, root)) findings.push(unlike(ordinal))
    } catch (error) {
      if (!(error instanceof NodeMissing)) throw error
      findings.push(error.message)
    }
  }
  return findings
}

async function entryFindings({ date, ledger }: LotteryState, kept: Entries, nodes: LedgerNodes): Promise<string[]> {
  const findings: string[] = []
  const read = new CompactRange()
  for (let from = 1; from <= ledger.size; from += PAGE) {
    for (const { ordinal, entry } of await nodes.entries(date, from, Math.min(from + PAGE - 1, ledger.size))) {
      read.append(leafHash(entry))
      const keptEntry = kept.get(ordinal)
      if (keptEntry && !sameBytes(keptEntry, entry)) findings.push(unlike(ordinal))
    }
  }
  if (read.size !== ledger.size || !sameBytes(read.root, headOf(ledger).root))
    findings.push(`the ledger's entries do not lead to the sealed root`)
  return findings
}

function unlike(ordinal: number): string {
  return `the kept ballot ${ordinal} is not that of the ledger`
}
