/** What shows that a seal was fixed before its randomness was known: section 5 of lottery-draw-v2, (a) and (b). */
import type { Evidence } from './document.ts'
import type { Facts } from './evidence.ts'
import { Refusal } from './json.ts'
import { type Checkpoint, cosignaturesOf, type Key, openCheckpoint, parseKey, statedTimes, WITNESS } from './note.ts'
import { sameBytes, timeOf } from './primitives.ts'
import type { Findings } from './report.ts'

export interface Witnesses {
  readonly keys: readonly Key[]
  readonly quorum: number
}

/** Seconds since 1970-01-01 between which a cosignature counts, both inclusive. */
interface Window {
  readonly from: number
  readonly to: number
}

/**
 * Reads the witnesses that the reader trusts. Without a quorum it is more than half of them.
 *
 * @throws Refusal for malformed keys, two witnesses with one key, a witness with the key of a log, and a quorum that two
 * disjoint groups of witnesses could reach
 */
export function parseWitnesses(
  vkeys: readonly string[],
  quorum: number | undefined,
  logs: readonly Key[],
): Witnesses | undefined {
  if (vkeys.length === 0 && quorum === undefined) return undefined
  const keys = vkeys.map((vkey) => {
    const key = parseKey(vkey, WITNESS)
    if (!key) throw new Refusal(`--witness ${vkey} is no key of a witness (C2SP vkey of type 0x04)`)
    if (logs.some((log) => sameBytes(log.publicKey, key.publicKey)))
      throw new Refusal(`--witness ${vkey} has the public key of the log`)
    return key
  })
  if (new Set(keys.map(({ publicKey }) => publicKey.join())).size < keys.length)
    throw new Refusal('two --witness have one public key')
  const needed = quorum ?? Math.floor(keys.length / 2) + 1
  if (!Number.isSafeInteger(needed) || needed * 2 <= keys.length || needed > keys.length)
    throw new Refusal(`--quorum ${needed} of ${keys.length} witnesses must be more than half of them, and not above`)
  return { keys, quorum: needed }
}

/** Whether a seal was fixed in time, and why not. */
export interface Fixed {
  readonly isFixed: boolean
  readonly reasons: readonly string[]
}

/** Checks the cosignatures of the evidence: did the quorum see the seal in time? */
export function checkWitnesses(facts: Facts, { keys, quorum }: Witnesses, findings: Findings): Fixed {
  const { witnessed } = facts
  if (!witnessed) return { isFixed: false, reasons: ['a cosigned checkpoint: the evidence has none.'] }
  const window = windowOf(facts)
  const seen = keys.filter((key) => {
    const time = checkedTimes(witnessed, key, findings).find((t) => isIn(window, t))
    if (time !== undefined) findings.summary.push(`Witness ${key.name} saw the seal at ${timeOf(time * 1000)}.`)
    return time !== undefined
  })
  const range = `between ${timeOf(window.from * 1000)} and ${timeOf(window.to * 1000)}`
  const reason = `${quorum} of your ${keys.length} witnesses: ${seen.length} saw the seal ${range}.`
  return seen.length >= quorum ? { isFixed: true, reasons: [] } : { isFixed: false, reasons: [reason] }
}

/** Checks what the reader kept from before the draw: does it fix the seal? */
export function checkKept(
  evidence: Evidence,
  facts: Facts,
  kept: { readonly sealHash: string | undefined; readonly checkpoint: Checkpoint | undefined },
  witnesses: Witnesses | undefined,
  log: Key,
  findings: Findings,
): Fixed {
  const before = facts.due === undefined ? 'the secret was revealed' : timeOf(facts.due * 1000)
  const { sealHash, checkpoint } = kept
  let isFixed = false
  if (sealHash !== undefined) {
    isFixed = findings.check(sealHash === evidence.seal_hash, 'The seal hash is the one that you kept.')
    if (isFixed) findings.summary.push(`The seal hash: you say that you had this before ${before}.`)
  }
  if (!checkpoint) return { isFixed, reasons: [] }
  for (const key of witnesses?.keys ?? []) checkedTimes(checkpoint, key, findings)
  const window = windowOf(facts)
  const reasons: string[] = []
  if (!statedTimes(checkpoint, log).every((time) => isIn(window, time)))
    reasons.push('a kept checkpoint from between seal and round: yours is cosigned at another time.')
  if (checkpoint.size <= evidence.audit.sealed.index)
    reasons.push('a kept checkpoint that covers the sealed event: yours is older.')
  if (reasons.length === 0) findings.summary.push(`The checkpoint: you say that you had this before ${before}.`)
  return { isFixed: isFixed || reasons.length === 0, reasons }
}

/** Opens a kept checkpoint of the audit log, and compares it with those of the evidence. */
export function openKept(note: string, facts: Facts, log: Key, findings: Findings): Checkpoint | undefined {
  const checkpoint = openCheckpoint(note, log)
  const isOurs = checkpoint?.origin === `${log.name}/audit`
  findings.check(isOurs, 'The log signed the kept checkpoint of its audit log.')
  if (!isOurs) return undefined
  for (const other of [facts.audit, facts.witnessed]) {
    if (other?.size !== checkpoint.size) continue
    findings.compare(checkpoint, other, checkpoint.root === other.root, 'The kept checkpoint shows the same tree.')
  }
  return checkpoint
}

/** With commit-reveal no time ends the window. */
function windowOf({ sealedAt, due }: Facts): Window {
  return { from: Math.floor(sealedAt / 1000) - 5, to: (due ?? Number.POSITIVE_INFINITY) - 3 }
}

function isIn({ from, to }: Window, time: number): boolean {
  return time >= from && time <= to
}

/** Times of a witness's cosignatures. A wrong signature of a known witness is a failed check. */
function checkedTimes(checkpoint: Checkpoint, key: Key, findings: Findings): number[] {
  const cosignatures = cosignaturesOf(checkpoint, key)
  if (cosignatures.length > 0) {
    findings.check(
      cosignatures.every(({ isValid }) => isValid),
      `The cosignature of witness ${key.name} is right.`,
    )
  }
  return cosignatures.filter(({ isValid }) => isValid).map(({ time }) => time)
}
