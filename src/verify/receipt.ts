/** Checks of a participant's receipt: was the promise kept, and what became of the ballot. */
import type { AuditLogReplay } from './audit-log.ts'
import { type Evidence, parseProof, type Receipt } from './document.ts'
import { entryOf } from './draw.ts'
import type { Facts } from './evidence.ts'
import type { LedgerFacts } from './ledger.ts'
import { leaf, rootOfPath } from './merkle.ts'
import { type Checkpoint, type Key, openCheckpoint, parseTextProof, TEXT_PROOF } from './note.ts'
import { hexOf, timeOf } from './primitives.ts'
import type { Findings } from './report.ts'

/** Opens the checkpoint of a receipt, when the log signed it. */
export function openPromise(receipt: Receipt, log: Key): Checkpoint | undefined {
  const checkpoint = openCheckpoint(receipt.checkpoint, log)
  return checkpoint?.origin === `${log.name}/${receipt.lottery_date}` ? checkpoint : undefined
}

export function checkReceipt(
  receipt: Receipt,
  promise: Checkpoint | undefined,
  evidence: Evidence,
  facts: Facts,
  ledger: LedgerFacts | undefined,
  findings: Findings,
): void {
  const { id, user_id, salt, ordinal, lottery_date: date } = receipt
  const ballot = { id, userId: user_id, salt, acceptedAt: Date.parse(receipt.submitted_at) }
  const entry = entryOf(date, ballot)
  findings.check(date === evidence.lottery_date, `The receipt is for the lottery of ${evidence.lottery_date}.`)
  findings.check(
    hexOf(entry) === receipt.entry && hexOf(leaf(entry)) === receipt.leaf_hash,
    `The entry of the receipt is ballot ${id} of user ${user_id}.`,
  )
  findings.check(
    promise !== undefined && promise.size >= ordinal,
    `The log signed a checkpoint of the receipt that covers ordinal ${ordinal}.`,
  )
  if (promise && facts.ledger?.origin === promise.origin) {
    const { size, root } = promise
    const known = size === facts.ledger.size ? facts.ledger.root : ledger?.rootAt(size)
    const areInOneTree = size <= facts.ledger.size && (known === undefined || known === root)
    findings.compare(promise, facts.ledger, areInOneTree, 'The sealed ledger can contain the promised one.')
  }
  const { winners, exclusions } = evidence
  const winner = winners.find((other) => other.ordinal === ordinal)
  const exclusion = exclusions.find((other) => other.ordinal === ordinal)
  findings.check(
    (winner ? winner.entry === receipt.entry : !winners.some((other) => other.ballot_id === id)) &&
      (!exclusion || (exclusion.user_id === user_id && exclusion.salt === salt)),
    'The evidence names the ballot and the user of the receipt where it speaks of them.',
  )
  if (ledger) {
    const isThere = ledger.entries.get(ordinal) === receipt.entry
    findings.check(isThere, `Line ${ordinal} of the ledger is the entry of the receipt.`)
  }
}

/** Checks that the ballot of a receipt is in the sealed root, without the ledger. The proof is JSON or a C2SP tlog-proof. */
export function checkProof(
  text: string,
  receipt: Receipt,
  evidence: Evidence,
  log: Key,
  facts: Facts,
  findings: Findings,
) {
  const { index, size, root, leafHash, path } = text.startsWith(TEXT_PROOF)
    ? fromText(text, receipt, log, facts, findings)
    : fromJson(text)
  findings.check(
    index === receipt.ordinal - 1 && leafHash === receipt.leaf_hash && size === evidence.ballot_count,
    `The proof is of ordinal ${receipt.ordinal} in ${evidence.ballot_count} ballots.`,
  )
  findings.check(
    root === evidence.root &&
      rootOfPath(leaf(entryOfReceipt(receipt)), receipt.ordinal - 1, evidence.ballot_count, path) === evidence.root,
    'The proof leads from the entry of the receipt to the sealed root.',
  )
}

function entryOfReceipt({ lottery_date: date, id, user_id: userId, salt, submitted_at }: Receipt): Uint8Array {
  return entryOf(date, { id, userId, salt, acceptedAt: Date.parse(submitted_at) })
}

interface Proof {
  readonly index: number
  readonly size: number | undefined
  readonly root: string | undefined
  readonly leafHash: string
  readonly path: readonly string[]
}

function fromJson(text: string): Proof {
  const { ordinal, size, root, leaf_hash, proof } = parseProof(text)
  return { index: ordinal - 1, size, root, leafHash: leaf_hash, path: proof }
}

function fromText(text: string, receipt: Receipt, log: Key, facts: Facts, findings: Findings): Proof {
  const { index, path, note } = parseTextProof(text)
  const checkpoint = openCheckpoint(note, log)
  const isOurs = checkpoint?.origin === `${log.name}/${receipt.lottery_date}`
  findings.check(isOurs, 'The log signed the checkpoint of the proof.')
  if (isOurs && facts.ledger?.origin === checkpoint.origin && facts.ledger.size === checkpoint.size) {
    const areEqual = checkpoint.root === facts.ledger.root
    findings.compare(checkpoint, facts.ledger, areEqual, 'The checkpoint of the proof shows the sealed ledger.')
  }
  return { index, size: checkpoint?.size, root: checkpoint?.root, leafHash: receipt.leaf_hash, path }
}

/** Says in words what became of the ballot of a receipt. */
export function fateOf(receipt: Receipt, evidence: Evidence, facts: Facts, replay: AuditLogReplay | undefined): string {
  const ballot = `Your ballot, ordinal ${receipt.ordinal},`
  const winner = evidence.winners.find(({ ordinal }) => ordinal === receipt.ordinal)
  if (winner) return `${ballot} won rank ${winner.rank}.`
  const exclusion = evidence.exclusions.find(({ ordinal }) => ordinal === receipt.ordinal)
  if (!exclusion) return `${ballot} did not win.`
  const ban = replay?.banAt(receipt.user_id, evidence.audit.sealed.index, facts.sealedAt)
  const when = ban ? ` at ${timeOf(ban.occurredAt)}` : ''
  return `${ballot} could not win: its user was banned${when}, by event ${exclusion.event_id}.`
}
