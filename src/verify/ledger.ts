import { type Evidence, HEX, requireFields } from './document.ts'
import { type Check, isEntryOf } from './evidence.ts'
import { ascii, leaf, openCheckpoint, sha256, Tree, u32, u64 } from './primitives.ts'

/** Response that a participant received when the ballot was accepted. */
export interface Receipt {
  readonly id: string
  readonly user_id: string
  readonly lottery_date: string
  readonly ordinal: number
  readonly submitted_at: string
  readonly entry: string
  readonly salt: string
  readonly leaf_hash: string
  readonly checkpoint: string
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const RECEIPT = {
  id: UUID,
  user_id: UUID,
  lottery_date: /^\d{4}-\d\d-\d\d$/,
  ordinal: 'ordinal',
  submitted_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  entry: HEX(64),
  salt: HEX(16),
  leaf_hash: HEX(32),
  checkpoint: /^/,
} as const

/**
 * Parses a receipt.
 *
 * @throws Error naming the first field that is missing, unknown or malformed
 */
export function parseReceipt(text: string): Receipt {
  const receipt: unknown = JSON.parse(text)
  requireFields(receipt, RECEIPT, 'receipt.')
  return receipt as Receipt
}

/** Facts about a whole ledger, gathered in one pass over its lines. */
export interface LedgerFacts {
  readonly size: number
  readonly root: string
  readonly isWellFormed: boolean
  /** Entries at the wanted ordinals, in hex. */
  readonly entries: ReadonlyMap<number, string>
  /** Roots at the wanted sizes, in hex. */
  readonly roots: ReadonlyMap<number, string>
}

/** Reads a ledger of one hex entry a line. Calls `onProgress` every 10,000 entries with the number read so far. */
export async function readLedgerLines(
  lines: AsyncIterable<string>,
  wanted: { date: string; ordinals: ReadonlySet<number>; sizes: ReadonlySet<number> },
  onProgress: (entries: number) => void,
): Promise<LedgerFacts> {
  const tree = new Tree()
  const entries = new Map<number, string>()
  const roots = new Map<number, string>()
  let isWellFormed = true
  for await (const line of lines) {
    const entry = Buffer.from(line, 'hex')
    isWellFormed &&= entry.toString('hex') === line && isEntryOf(wanted.date, entry)
    tree.add(entry)
    if (wanted.ordinals.has(tree.size)) entries.set(tree.size, line)
    if (wanted.sizes.has(tree.size)) roots.set(tree.size, tree.root().toString('hex'))
    if (tree.size % 10_000 === 0) onProgress(tree.size)
  }
  return { size: tree.size, root: tree.root().toString('hex'), isWellFormed, entries, roots }
}

export function checkLedger(evidence: Evidence, ledger: LedgerFacts): Check[] {
  const winningOrdinal = evidence.winning_ordinal
  return [
    {
      name: 'ledger',
      holds: ledger.isWellFormed && ledger.size === evidence.ballot_count && ledger.root === evidence.root,
      detail: `${ledger.size} entries give root ${ledger.root}`,
    },
    {
      name: 'winner in ledger',
      holds: winningOrdinal === null || ledger.entries.get(winningOrdinal) === evidence.winner?.entry,
      detail: winningOrdinal === null ? 'no winner' : `line ${winningOrdinal} is the winning entry`,
    },
  ]
}

export function checkReceipt(evidence: Evidence, receipt: Receipt, ledger: LedgerFacts | undefined): Check[] {
  const entry = entryOf(receipt)
  const checkpoint = openCheckpoint(receipt.checkpoint, evidence.verifier_key)
  const origin = `${evidence.verifier_key.split('+')[0]}/${evidence.lottery_date}`
  const checks = [
    {
      name: 'receipt',
      holds:
        receipt.lottery_date === evidence.lottery_date &&
        entry?.toString('hex') === receipt.entry &&
        leaf(entry).toString('hex') === receipt.leaf_hash,
      detail: `its entry holds ballot ${receipt.id} of user ${receipt.user_id}`,
    },
    {
      name: 'receipt checkpoint',
      holds:
        checkpoint?.origin === origin && checkpoint.size >= receipt.ordinal && checkpoint.size <= evidence.ballot_count,
      detail: checkpoint
        ? `signed when the ledger had ${checkpoint.size} ballots`
        : 'not signed with the verifier key of the evidence',
    },
  ]
  if (!ledger) return checks
  return [
    ...checks,
    {
      name: 'receipt in ledger',
      holds: ledger.entries.get(receipt.ordinal) === receipt.entry,
      detail: `line ${receipt.ordinal} is the entry of the receipt`,
    },
    {
      name: 'promise kept',
      holds: checkpoint !== undefined && ledger.roots.get(checkpoint.size) === checkpoint.root,
      detail: 'the ledger extends the one that the checkpoint of the receipt signed',
    },
  ]
}

/** Size of the ledger in a receipt's checkpoint, or 0 when the verifier key of the evidence did not sign it. */
export function promisedSize(evidence: Evidence, receipt: Receipt): number {
  return openCheckpoint(receipt.checkpoint, evidence.verifier_key)?.size ?? 0
}

/** Ledger entry of the ballot that a receipt describes. Undefined when a value is malformed. */
function entryOf(receipt: Receipt): Buffer | undefined {
  const [id, userId] = [receipt.id, receipt.user_id].map((uuid) => Buffer.from(uuid.replaceAll('-', ''), 'hex'))
  const salt = Buffer.from(receipt.salt, 'hex')
  const acceptedAt = Date.parse(receipt.submitted_at)
  if (
    id?.length !== 16 ||
    userId?.length !== 16 ||
    salt.length !== 16 ||
    salt.toString('hex') !== receipt.salt ||
    Number.isNaN(acceptedAt)
  )
    return undefined
  const day = u32(Date.parse(`${receipt.lottery_date}T00:00:00Z`) / 86_400_000)
  return Buffer.concat([ascii('LSB1'), day, id, sha256(ascii('LSU1'), salt, userId), u64(acceptedAt)])
}
