/** Checks of a whole ledger: section 1 of lottery-draw-v2. */
import type { Evidence } from './document.ts'
import { readEntry, userCommit } from './draw.ts'
import { IdSet } from './id-set.ts'
import { Refusal } from './json.ts'
import { leaf, WatchedTree } from './merkle.ts'
import { ascii, bytesOf, concat, dayOf, fromHex, hexOf, midnightAfter, sameBytes, u32 } from './primitives.ts'
import type { Findings } from './report.ts'

/** Facts about a ledger, gathered in one pass over its lines. */
export interface LedgerFacts {
  readonly size: number
  readonly root: string
  /** Broken rules, in sentences; the first of each kind. */
  readonly faults: readonly string[]
  /** Entries in hex at the wanted ordinals. */
  readonly entries: ReadonlyMap<number, string>
  /** Root in hex at a wanted size. */
  rootAt(size: number): string | undefined
}

/**
 * Reads a ledger of one entry in hex a line. Its memory grows by 32 to 64 bytes an entry, for the ballot ids, unless the caller
 * finds repeated ids in another way: `add` of its set returns false for an id that it has.
 *
 * @throws Refusal when a line is not 64 bytes in lower-case hex
 */
export async function readLedger(
  lines: AsyncIterable<string>,
  wanted: { readonly date: string; readonly ordinals: ReadonlySet<number>; readonly sizes: Iterable<number> },
  ids: { add(ballotId: Uint8Array): boolean } = new IdSet(),
): Promise<LedgerFacts> {
  const prefix = concat(ascii('LSB1'), u32(dayOf(wanted.date)))
  const end = midnightAfter(wanted.date)
  const tree = new WatchedTree(wanted.sizes)
  const entries = new Map<number, string>()
  const faults = new Map<string, string>()
  let last = 0
  const fault = (kind: string) => faults.set(kind, faults.get(kind) ?? `the entry of ordinal ${tree.size} ${kind}`)

  for await (const line of lines) {
    const entry = fromHex(line)
    if (entry?.length !== 64) throw new Refusal(`line ${tree.size + 1} of the ledger is not 64 bytes in hex`)
    tree.add(leaf(entry))
    const { ballotId, acceptedAt } = readEntry(entry)
    if (!sameBytes(entry.subarray(0, 8), prefix)) fault('is of another day')
    if (acceptedAt < last) fault('was accepted before the one above it')
    if (acceptedAt >= end) fault('was accepted after the end of the day')
    if (!ids.add(ballotId)) fault('has a ballot id that another has')
    if (wanted.ordinals.has(tree.size)) entries.set(tree.size, line)
    last = acceptedAt
  }
  const root = tree.root() as string
  return { size: tree.size, root, faults: [...faults.values()], entries, rootAt: (size) => tree.root(size) }
}

/** Ordinals whose entries {@link checkLedger} looks at. */
export function ordinalsIn({ winners, exclusions }: Evidence): number[] {
  return [...winners, ...exclusions].map(({ ordinal }) => ordinal)
}

export function checkLedger(evidence: Evidence, ledger: LedgerFacts, findings: Findings): void {
  findings.check(
    ledger.size === evidence.ballot_count && ledger.root === evidence.root,
    `The ${evidence.ballot_count} entries of the ledger give the sealed root.`,
    `${ledger.size} entries give ${ledger.root}`,
  )
  findings.check(ledger.faults.length === 0, 'The entries keep the rules of a ledger.', ledger.faults.join('; '))
  findings.check(
    evidence.winners.every(({ ordinal, entry }) => ledger.entries.get(ordinal) === entry),
    'The winning entries are those of the ledger.',
  )
  const wrong = evidence.exclusions.find(({ ordinal, salt, user_id }) => {
    const entry = ledger.entries.get(ordinal)
    return !entry || hexOf(readEntry(bytesOf(entry)).userCommit) !== hexOf(userCommit(salt, user_id))
  })
  findings.check(
    wrong === undefined,
    'Each excluded entry is a ballot of the banned user named for it.',
    `the entry of ordinal ${wrong?.ordinal} is not of user ${wrong?.user_id}`,
  )
}
