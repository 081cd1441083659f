import { hex } from '../../ledger/api/tree-schemas.ts'
import type { ProvedEvent } from '../application/audit-trail.ts'
import type { Evidence } from '../application/find-evidence.ts'
import type { ExcludedBallot } from '../application/lottery-queries.ts'
import { PRIZES } from '../domain/draw.ts'
import { DRAW_VERSION } from '../domain/lottery-events.ts'
import type { EvidenceBody } from './evidence-schema.ts'

/** Writes the evidence in pieces. It needs the same memory for any number of exclusions. */
export async function* evidenceText(evidence: Evidence): AsyncGenerator<string> {
  yield `${JSON.stringify(toHead(evidence)).slice(0, -1)},"exclusions":[`
  let separator = ''
  for await (const page of evidence.exclusions) {
    if (page.length === 0) continue
    yield separator + JSON.stringify(page.map(toExclusion)).slice(1, -1)
    separator = ','
  }
  yield ']}'
}

function toHead(evidence: Evidence): Omit<EvidenceBody, 'exclusions'> {
  const { date, seal, winner, trail } = evidence
  const { checkpoint, created, sealed, closed, witnessed } = trail
  return {
    version: DRAW_VERSION,
    lottery_date: date,
    ballot_count: seal.ballotCount,
    root: hex(seal.root),
    seal: hex(evidence.sealBytes),
    seal_hash: hex(evidence.sealHash),
    checkpoint: evidence.checkpoint,
    verifier_key: evidence.verifierKey,
    entropy: toEntropy(evidence),
    seed: hex(evidence.seed),
    prizes: PRIZES,
    winners: winner ? [toWinner(winner)] : [],
    audit: {
      checkpoint,
      created: toProved(created),
      sealed: toProved(sealed),
      closed: toProved(closed),
      witnessed: witnessed && { checkpoint: witnessed.checkpoint, proof: witnessed.proof.map(hex) },
    },
  }
}

function toExclusion({ ordinal, eventId, userId, salt }: ExcludedBallot): EvidenceBody['exclusions'][number] {
  return { ordinal, reason: 'banned', event_id: eventId, user_id: userId, salt: hex(salt) }
}

function toWinner({ ballot, proof }: NonNullable<Evidence['winner']>): EvidenceBody['winners'][number] {
  const { ordinal, id, userId, salt, entry } = ballot
  return {
    rank: 1,
    ordinal,
    ballot_id: id,
    user_id: userId,
    salt: hex(salt),
    entry: hex(entry),
    proof: proof.map(hex),
  }
}

function toProved({ index, event, proof }: ProvedEvent): EvidenceBody['audit']['created'] {
  return { index, event: { ...event }, proof: proof.map(hex) }
}

function toEntropy({ entropy, chain, reveal, seal }: Evidence): EvidenceBody['entropy'] {
  if (entropy.kind === 'commit-reveal') {
    return { kind: entropy.kind, commitment: hex(entropy.commitment), secret: hex(reveal) }
  }
  return {
    kind: entropy.kind,
    chain_hash: hex(entropy.chainHash),
    public_key: chain.publicKey,
    period: chain.period,
    genesis: chain.genesis,
    group_hash: chain.groupHash,
    beacon_id: chain.beaconId,
    scheme: chain.scheme,
    round: seal.round,
    signature: hex(reveal),
  }
}
