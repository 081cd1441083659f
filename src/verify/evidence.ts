/** Checks that need nothing but the evidence: section 5 of lottery-draw-v2, "Always checked". */
import { leafOfEvent } from './audit-log.ts'
import { dueAt, isRoundSignature, QUICKNET, regularRound, roundOf } from './beacon.ts'
import { sha256 } from './crypto.ts'
import { type Chain, type DrandEntropy, type Evidence, VERSION } from './document.ts'
import { commitmentTo, drawIndexes, entryOf, exclusionsHash, readEntry, sealBytes, seedOf } from './draw.ts'
import type { Json } from './json.ts'
import { leaf, rootOfPath } from './merkle.ts'
import { type Checkpoint, type Key, openCheckpoint } from './note.ts'
import { bytesOf, hexOf, midnightAfter, timeOf } from './primitives.ts'
import type { Findings } from './report.ts'

/** Facts about a lottery that later checks build on. */
export interface Facts {
  /** Milliseconds since 1970-01-01. */
  readonly sealedAt: number
  /** Seconds since 1970-01-01 at which the beacon's round is due. Undefined with commit-reveal. */
  readonly due: number | undefined
  /** Checkpoint of the ledger. Undefined, like the next two, when it is absent or fails its check. */
  readonly ledger: Checkpoint | undefined
  readonly audit: Checkpoint | undefined
  readonly witnessed: Checkpoint | undefined
}

/** Repeats the draw of a lottery, and checks every value of its evidence. */
export function checkEvidence(evidence: Evidence, log: Key, chain: Chain, findings: Findings): Facts {
  const { created, sealed, closed } = evidence.audit
  const sealedAt = Date.parse(sealed.event.data.sealed_at)
  const ledger = openCheckpoint(evidence.checkpoint, log)
  findings.check(
    ledger?.origin === `${log.name}/${evidence.lottery_date}` &&
      ledger.size === evidence.ballot_count &&
      ledger.root === evidence.root,
    `The log signed the ledger of ${evidence.lottery_date} with ${evidence.ballot_count} ballots and this root.`,
  )
  const audit = checkAuditLogProofs(evidence, log, findings)
  const witnessed = checkWitnessed(evidence, log, audit, findings)
  findings.check(created.index < sealed.index && sealed.index < closed.index, 'It was created, sealed, then closed.')
  checkEvents(evidence, findings)
  checkSeal(evidence, sealedAt, findings)
  const entropy = evidence.entropy
  if (entropy.kind === 'drand') checkBeacon(evidence, entropy, chain, sealedAt, findings)
  else checkSecret(evidence, entropy, findings)
  checkDraw(evidence, findings)
  const due = entropy.kind === 'drand' ? dueAt(chain, entropy.round) : undefined
  return { sealedAt, due, ledger, audit, witnessed }
}

function checkAuditLogProofs({ audit }: Evidence, log: Key, findings: Findings): Checkpoint | undefined {
  const checkpoint = openCheckpoint(audit.checkpoint, log)
  const isOurs = checkpoint?.origin === `${log.name}/audit`
  findings.check(isOurs, 'The log signed the checkpoint of its audit log.')
  for (const name of ['created', 'sealed', 'closed'] as const) {
    const { event, index, proof } = audit[name]
    const root = rootOfPath(leafOfEvent(event as Json), index, checkpoint?.size ?? 0, proof)
    findings.check(root !== undefined && root === checkpoint?.root, `The ${name} event is in that audit log.`)
  }
  return isOurs ? checkpoint : undefined
}

function checkWitnessed(
  { audit: { sealed, witnessed } }: Evidence,
  log: Key,
  audit: Checkpoint | undefined,
  findings: Findings,
): Checkpoint | undefined {
  if (!witnessed) return undefined
  const checkpoint = openCheckpoint(witnessed.checkpoint, log)
  const root = rootOfPath(leafOfEvent(sealed.event as Json), sealed.index, checkpoint?.size ?? 0, witnessed.proof)
  const covers = checkpoint?.origin === `${log.name}/audit` && root !== undefined && root === checkpoint.root
  findings.check(covers, 'The log signed the witnessed checkpoint, and the sealed event is in it.')
  if (!checkpoint || !covers) return undefined
  if (audit && audit.size === checkpoint.size) {
    findings.compare(audit, checkpoint, audit.root === checkpoint.root, 'Both audit checkpoints show one tree.')
  }
  return checkpoint
}

function checkEvents({ lottery_date: date, prizes, audit, entropy, winners, seal_hash }: Evidence, findings: Findings) {
  const { created, sealed, closed } = audit
  const areTheirs = (['created', 'sealed', 'closed'] as const).every((name) => {
    const { type, aggregate, data } = audit[name].event
    return type === `lottery.${name}.v1` && aggregate === `lottery/${date}` && data.date === date
  })
  findings.check(areTheirs, `The three events are those of the lottery of ${date}.`)
  const { data } = created.event
  const source = data.entropy.kind === 'drand' ? data.entropy.chain_hash : data.entropy.commitment
  findings.check(
    data.draw === VERSION && data.prizes === prizes && prizes <= 100 && data.entropy.kind === entropy.kind,
    `It was created as ${VERSION}, with ${prizes} ${prizes === 1 ? 'prize' : 'prizes'}, to be drawn by ${entropy.kind}.`,
  )
  findings.check(
    sealed.event.data.created_event_id === created.event.id &&
      sealed.event.data.prizes === prizes &&
      sealed.event.data.kind === data.entropy.kind &&
      sealed.event.data.source === source,
    'The sealed event has the prizes and the entropy of the created event.',
  )
  const logged = closed.event.data.winners
  const areEqual = winners.every((winner, i) => {
    const other = logged[i]
    return (['rank', 'ordinal', 'ballot_id', 'user_id'] as const).every((field) => winner[field] === other?.[field])
  })
  const reveal = entropy.kind === 'drand' ? entropy.signature : entropy.secret
  findings.check(
    closed.event.data.attempt === 0 && closed.event.data.seal_hash === seal_hash && closed.event.data.reveal === reveal,
    'The closed event names this seal and reveals this randomness.',
  )
  findings.check(areEqual && winners.length === logged.length, 'The closed event names the same winners.')
}

function checkSeal(evidence: Evidence, sealedAt: number, findings: Findings): void {
  const { data } = evidence.audit.sealed.event
  const { exclusions, entropy, ballot_count: count, lottery_date: date } = evidence
  const isAscending = exclusions.every(
    ({ ordinal }, i) => ordinal <= count && ordinal > (exclusions[i - 1]?.ordinal ?? 0),
  )
  const banOf = new Map(exclusions.map(({ user_id, event_id }) => [user_id, event_id]))
  const isOneBanEach = exclusions.every(({ user_id, event_id }) => banOf.get(user_id) === event_id)
  findings.check(isAscending && isOneBanEach, `${exclusions.length} ballots are excluded, each by its user's one ban.`)
  findings.check(
    data.attempt === 0 &&
      data.ballot_count === count &&
      data.root === evidence.root &&
      data.excluded_count === exclusions.length &&
      data.exclusions_hash === exclusionsHash(exclusions) &&
      data.kind === entropy.kind &&
      data.source === (entropy.kind === 'drand' ? entropy.chain_hash : entropy.commitment) &&
      data.round === (entropy.kind === 'drand' ? entropy.round : 0) &&
      data.seal_hash === evidence.seal_hash,
    'The sealed event states the ballots, the exclusions and the entropy of the evidence.',
  )
  findings.check(hexOf(sealBytes(data)) === evidence.seal, 'The bytes of the seal are those facts.')
  findings.check(
    hexOf(sha256(bytesOf(evidence.seal))) === evidence.seal_hash,
    `The seal hash is ${evidence.seal_hash}.`,
  )
  findings.check(sealedAt >= midnightAfter(date), `It was sealed at ${data.sealed_at}, when its day was over.`)
}

function checkSecret(evidence: Evidence, entropy: { commitment: string; secret: string }, findings: Findings): void {
  const promised = evidence.audit.created.event.data.entropy
  findings.check(
    promised.kind === 'commit-reveal' &&
      promised.commitment === entropy.commitment &&
      commitmentTo(entropy.secret) === entropy.commitment,
    'The secret fits the commitment of the created event.',
  )
}

function checkBeacon(evidence: Evidence, entropy: DrandEntropy, chain: Chain, sealedAt: number, findings: Findings) {
  const { lottery_date: date, audit } = evidence
  const promised = audit.created.event.data.entropy
  const isChain = Object.entries(chain).every(([field, value]) => entropy[field as keyof Chain] === value)
  findings.check(isChain, chain === QUICKNET ? 'The beacon is quicknet.' : 'The beacon is the chain that you named.')
  findings.check(
    promised.kind === 'drand' && promised.round === regularRound(chain, date),
    `The created event names the regular round of ${date}.`,
  )
  const { round, isLate } = roundOf(chain, date, sealedAt)
  findings.check(
    entropy.round === round,
    `By the time of the seal, round ${round} draws${isLate ? ', since the seal was late' : ''}.`,
    `the evidence was drawn with round ${entropy.round}`,
  )
  findings.check(isRoundSignature(chain, entropy.round, bytesOf(entropy.signature)), 'The beacon signed that round.')
  if (isLate) findings.summary.push(`The draw was late: sealed at ${timeOf(sealedAt)}, drawn with round ${round}.`)
}

function checkDraw(evidence: Evidence, findings: Findings): void {
  const { entropy, ballot_count: count, exclusions, winners, prizes, lottery_date: date, seal_hash: hash } = evidence
  const secret = entropy.kind === 'drand' ? sha256(bytesOf(entropy.signature)) : bytesOf(entropy.secret)
  const seed = seedOf(secret, hash)
  findings.check(hexOf(seed) === evidence.seed, 'The seed follows from the randomness and the seal.')
  const excluded = exclusions.map(({ ordinal }) => ordinal - 1)
  const drawn = drawIndexes(seed, count, excluded, Math.min(prizes, 100)).map((index) => index + 1)
  findings.check(
    drawn.length === winners.length && winners.every((w, i) => w.rank === i + 1 && w.ordinal === drawn[i]),
    drawn.length > 0 ? `The seed draws the ordinals ${drawn.join(', ')}.` : 'No ballot could win, and none did.',
  )
  for (const winner of winners) {
    const { rank, ordinal, ballot_id, user_id, salt, proof } = winner
    const { acceptedAt } = readEntry(bytesOf(winner.entry))
    const entry = entryOf(date, { id: ballot_id, userId: user_id, salt, acceptedAt })
    const isOpened = hexOf(entry) === winner.entry && acceptedAt < midnightAfter(date)
    findings.check(isOpened, `The entry of rank ${rank} is ballot ${ballot_id} of user ${user_id}.`)
    findings.check(
      rootOfPath(leaf(entry), ordinal - 1, count, proof) === evidence.root,
      `That entry is ordinal ${ordinal} of the ledger.`,
    )
    findings.check(!exclusions.some((other) => other.user_id === user_id), 'Its user is not one of the excluded.')
  }
}
