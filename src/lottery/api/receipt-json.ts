import { hex } from '../../ledger/api/tree-schemas.ts'
import type { EnteredBallot } from '../domain/ledger-entry.ts'
import { toIso } from './schemas.ts'

/** The checkpoint that was written last. The receipts of ballots that were stored together share one. */
let last = { checkpoint: '', json: '""' }

/**
 * A receipt as JSON in ASCII. The dash of signed notes would make it text of two bytes a character, which takes twice the
 * memory, and the socket longer. No field but the checkpoint has a character that JSON escapes.
 */
export function receiptJson(ballot: EnteredBallot, checkpoint: string): string {
  if (checkpoint !== last.checkpoint) last = { checkpoint, json: asciiJson(checkpoint) }
  const { id, lotteryDate, ordinal, submittedAt, userId, entry, salt, leaf } = ballot
  return (
    `{"id":"${id}","lottery_date":"${lotteryDate}","ordinal":${ordinal},"submitted_at":"${toIso(submittedAt)}",` +
    `"user_id":"${userId}","entry":"${hex(entry)}","salt":"${hex(salt)}","leaf_hash":"${hex(leaf)}","checkpoint":${last.json}}`
  )
}

export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^\0-~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
