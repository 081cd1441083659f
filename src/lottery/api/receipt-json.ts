import type { EnteredBallot } from '../domain/ledger-entry.ts'
import { toReceiptBody } from './receipt-schema.ts'

/** The checkpoint that was written last. The receipts of ballots that were stored together share one. */
let last = { checkpoint: '', json: '""' }

/**
 * A receipt as JSON in ASCII. The dash of signed notes would make it text of two bytes a character, which takes twice the
 * memory, and the socket longer.
 */
export function receiptJson(ballot: EnteredBallot, checkpoint: string): string {
  if (checkpoint !== last.checkpoint) last = { checkpoint, json: asciiJson(checkpoint) }
  const { checkpoint: _, ...others } = toReceiptBody(ballot, checkpoint)
  return `${JSON.stringify(others).slice(0, -1)},"checkpoint":${last.json}}`
}

export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\0-~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
