import type { Hash } from '../../ledger/domain/sha256.ts'
import type { Ballot } from './ballot.ts'
import type { CalendarDate } from './calendar-date.ts'
import { PRIZES } from './draw.ts'
import type { Entropy, Reveal } from './entropy.ts'
import type { Seal } from './seal.ts'

/** Name of the rules that a lottery is sealed and drawn by. */
export const DRAW_VERSION = 'lottery-draw-v2'

/** Data of `lottery.created.v1` (lottery-draw-v2 section 2). */
export function createdData(date: CalendarDate, entropy: Entropy) {
  return {
    date,
    draw: DRAW_VERSION,
    prizes: PRIZES,
    entropy:
      entropy.kind === 'drand'
        ? { kind: entropy.kind, chain_hash: hexOf(entropy.chainHash), round: entropy.round }
        : { kind: entropy.kind, commitment: hexOf(entropy.commitment) },
  }
}

/** Data of `lottery.sealed.v1`: every input of the seal, and the seal's hash. */
export function sealedData(seal: Seal, sealHash: Hash, createdEventId: string) {
  return {
    date: seal.date,
    created_event_id: createdEventId,
    attempt: 0,
    prizes: PRIZES,
    ballot_count: seal.ballotCount,
    root: hexOf(seal.root),
    excluded_count: seal.excludedCount,
    exclusions_hash: hexOf(seal.exclusionsHash),
    kind: seal.kind,
    source: hexOf(seal.source),
    round: seal.round,
    sealed_at: new Date(seal.at).toISOString(),
    previous_seal_hash: hexOf(seal.previous),
    seal_hash: hexOf(sealHash),
  }
}

/** Data of `lottery.closed.v1`. Without a winner, the list is empty. */
export function closedData(date: CalendarDate, sealHash: Hash, reveal: Reveal, winner: Ballot | undefined) {
  return {
    date,
    attempt: 0,
    seal_hash: hexOf(sealHash),
    reveal: hexOf(reveal),
    winners: winner
      ? [{ rank: 1, ordinal: winner.ordinal, ballot_id: winner.id as string, user_id: winner.userId as string }]
      : [],
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
