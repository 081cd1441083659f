/** Checks of the evidence against the whole audit log: section 5 of lottery-draw-v2, `--audit-log`. */
import { AuditLogReplay, leafOfEvent } from './audit-log.ts'
import type { Evidence, Receipt } from './document.ts'
import type { Facts } from './evidence.ts'
import type { Json } from './json.ts'
import type { Checkpoint } from './note.ts'
import { hexOf, timeOf } from './primitives.ts'
import type { Findings } from './report.ts'

const DAY = 86_400_000

/** Replays the log as far as the evidence needs it: the roots of these checkpoints, and the bans of its users. */
export async function replayFor(
  lines: AsyncIterable<string>,
  checkpoints: readonly (Checkpoint | undefined)[],
  evidence: Evidence,
  receipt: Receipt | undefined,
): Promise<AuditLogReplay> {
  const sizes = checkpoints.flatMap((checkpoint) => checkpoint?.size ?? [])
  const people = [...evidence.exclusions, ...evidence.winners, ...(receipt ? [receipt] : [])]
  const replay = new AuditLogReplay({ sizes, users: new Set(people.map(({ user_id }) => user_id)) })
  for await (const line of lines) replay.add(line)
  return replay
}

/** Checks that one log gives the roots of all checkpoints. */
export function checkRoots(
  replay: AuditLogReplay,
  checkpoints: Readonly<Record<string, Checkpoint | undefined>>,
  findings: Findings,
): void {
  for (const [name, checkpoint] of Object.entries(checkpoints)) {
    if (!checkpoint) continue
    const { size, root } = checkpoint
    const why = replay.size < size ? `the log has only ${replay.size} events` : `the log gives ${replay.root(size)}`
    findings.check(
      replay.root(size) === root,
      `The first ${size} events of the log give the root of the ${name} checkpoint.`,
      why,
    )
  }
}

export function checkAgainstLog(evidence: Evidence, facts: Facts, replay: AuditLogReplay, findings: Findings): void {
  const { audit, lottery_date: date, exclusions, winners } = evidence
  const lottery = replay.lotteries.get(date)
  for (const name of ['created', 'sealed', 'closed'] as const) {
    const found = lottery?.[name] ?? []
    const { index, event } = audit[name]
    findings.check(
      found.length === 1 && found[0]?.index === index && found[0].leafHash === hexOf(leafOfEvent(event as Json)),
      `The log holds one ${name} event of ${date}, and it is this one.`,
      `it holds ${found.length}, at ${found.map((one) => one.index).join(', ') || 'no place'}`,
    )
  }
  findings.check(
    replay.faults.length === 0,
    'The bans and the chain of seals in the log are sound.',
    replay.faults.join(' '),
  )
  const banOf = (user: string) => replay.banAt(user, audit.sealed.index, facts.sealedAt)
  const wrong = exclusions.find(({ user_id, event_id }) => banOf(user_id)?.id !== event_id)
  findings.check(
    wrong === undefined,
    'Each exclusion names the ban that its user was under at the seal.',
    `event ${wrong?.event_id} is not the latest ban of user ${wrong?.user_id}`,
  )
  const bannedWinner = winners.find(({ user_id }) => banOf(user_id))
  findings.check(bannedWinner === undefined, 'No winner was banned at the seal.', `user ${bannedWinner?.user_id} was`)
  summarizeBans(evidence, facts, replay, findings)
}

function summarizeBans(
  { audit, exclusions }: Evidence,
  { sealedAt }: Facts,
  replay: AuditLogReplay,
  findings: Findings,
) {
  let recent = 0
  let lifted = 0
  for (const { user_id } of exclusions) {
    const ban = replay.banAt(user_id, audit.sealed.index, sealedAt)
    if (!ban || ban.occurredAt < sealedAt - DAY) continue
    recent += 1
    const isLifted = replay
      .bansOf(user_id)
      .some((other) => !other.isBan && other.index > ban.index && other.occurredAt <= sealedAt + DAY)
    if (isLifted) lifted += 1
  }
  findings.summary.push(
    `${recent} exclusions are by bans within 24 hours before the seal; ${lifted} of these bans were lifted within 24 hours after it.`,
  )
}

/** Checks that the ballot of a receipt is excluded just when its user was banned. */
export function checkBanOf(
  receipt: Receipt,
  evidence: Evidence,
  facts: Facts,
  replay: AuditLogReplay,
  findings: Findings,
): void {
  const ban = replay.banAt(receipt.user_id, evidence.audit.sealed.index, facts.sealedAt)
  const isExcluded = evidence.exclusions.some(({ ordinal }) => ordinal === receipt.ordinal)
  findings.check(
    isExcluded === (ban !== undefined),
    ban
      ? `The ballot of the receipt is excluded, since its user was banned at ${timeOf(ban.occurredAt)}.`
      : 'The ballot of the receipt is not excluded, since its user was not banned at the seal.',
  )
}
