/** The verifier of lottery-draw-v2. It needs no network, no files and nothing of Node, so it runs in browsers too. */
import type { AuditLogReplay } from './audit-log.ts'
import { chainHash, QUICKNET } from './beacon.ts'
import { sha256 } from './crypto.ts'
import { type Chain, type Evidence, parseChain, parseEvidence, parsePrevious, parseReceipt } from './document.ts'
import { checkEvidence } from './evidence.ts'
import { Refusal } from './json.ts'
import { checkLedger, type LedgerFacts, ordinalsIn, readLedger } from './ledger.ts'
import { checkAgainstLog, checkBanOf, checkRoots, replayFor } from './log-checks.ts'
import { type Key, parseCheckpoint, parseLogKey } from './note.ts'
import { bytesOf, fromHex, hexOf, sameBytes } from './primitives.ts'
import { checkProof, checkReceipt, fateOf, openPromise } from './receipt.ts'
import { Findings, type Report } from './report.ts'
import { checkKept, checkWitnesses, type Fixed, openKept, parseWitnesses } from './witnesses.ts'

/** What a reader hands over: the texts of documents, and the lines of the two long files. */
export interface Inputs {
  readonly evidence: string
  /** C2SP vkey of the log that the reader trusts. */
  readonly key?: string | undefined
  readonly auditLog?: AsyncIterable<string> | undefined
  /** The audit log in another form: replayed already, with the roots at the sizes of all checkpoints of the evidence. */
  readonly replay?: AuditLogReplay | undefined
  /** C2SP vkeys of witnesses. */
  readonly witnesses?: readonly string[] | undefined
  readonly quorum?: number | undefined
  /** Kept seal hash, in hex. */
  readonly sealHash?: string | undefined
  /** Kept checkpoint of the audit log. */
  readonly checkpoint?: string | undefined
  /** Kept commitment, in hex. */
  readonly commitment?: string | undefined
  readonly ledger?: AsyncIterable<string> | undefined
  readonly receipt?: string | undefined
  /** Proof that the ballot of the receipt is in the ledger. */
  readonly proof?: string | undefined
  /** Evidence of the lottery sealed before this one. */
  readonly previous?: string | undefined
  /** Another beacon chain, for tests. The verdict is 3 at most. */
  readonly chain?: string | undefined
}

/**
 * Verifies a lottery.
 *
 * @throws Refusal when an input is not what it should be, so that no verdict can be given (exit code 2)
 */
export async function verify(inputs: Inputs): Promise<Report> {
  const evidence = parseEvidence(inputs.evidence)
  const ownKey = parseLogKey(evidence.verifier_key, 'verifier_key')
  const key = inputs.key === undefined ? ownKey : parseLogKey(inputs.key, '--key')
  const chain = inputs.chain === undefined ? QUICKNET : parseOwnChain(inputs.chain)
  const witnesses = parseWitnesses(inputs.witnesses ?? [], inputs.quorum, [key, ownKey])
  const receipt = inputs.receipt === undefined ? undefined : parseReceipt(inputs.receipt)
  if (inputs.proof !== undefined && !receipt) throw new Refusal('--proof needs --receipt, the ballot that it is of')
  if (inputs.checkpoint !== undefined && !parseCheckpoint(inputs.checkpoint))
    throw new Refusal('--checkpoint is no signed checkpoint')
  const sealHash = hash32(inputs.sealHash, '--seal-hash')
  const commitment = hash32(inputs.commitment, '--commitment')

  const findings = new Findings()
  checkKey(inputs.key, key, ownKey, findings)
  const facts = checkEvidence(evidence, key, chain, findings)
  const kept = inputs.checkpoint === undefined ? undefined : openKept(inputs.checkpoint, facts, key, findings)
  checkKeptCommitment(commitment, evidence, findings)
  if (inputs.previous !== undefined) checkPrevious(inputs.previous, evidence, key, findings)
  summarizeDraw(evidence, findings)

  const { audit, witnessed } = facts
  const replay =
    inputs.replay ??
    (inputs.auditLog && (await replayFor(inputs.auditLog, [audit, witnessed, kept], evidence, receipt)))
  if (replay) {
    checkRoots(replay, { audit, witnessed, kept }, findings)
    checkAgainstLog(evidence, facts, replay, findings)
    if (receipt) checkBanOf(receipt, evidence, facts, replay, findings)
  }
  const promise = receipt && openPromise(receipt, key)
  const ordinals = new Set([...ordinalsIn(evidence), receipt?.ordinal ?? 0])
  const wanted = { date: evidence.lottery_date, ordinals, sizes: promise ? [promise.size] : [] }
  const ledger: LedgerFacts | undefined = inputs.ledger && (await readLedger(inputs.ledger, wanted))
  if (ledger) checkLedger(evidence, ledger, findings)
  if (receipt) {
    checkReceipt(receipt, promise, evidence, facts, ledger, findings)
    if (inputs.proof !== undefined) checkProof(inputs.proof, receipt, evidence, key, facts, findings)
    findings.summary.push(fateOf(receipt, evidence, facts, replay))
    if (!ledger && inputs.proof === undefined)
      findings.summary.push('Add --ledger or --proof, to check that the ballot of the receipt took part.')
  }

  const byReader = checkKept(evidence, facts, { sealHash, checkpoint: kept }, witnesses, key, findings)
  const byWitnesses = witnesses && checkWitnesses(facts, witnesses, findings)
  addMissing(inputs, evidence, [byReader, ...(byWitnesses ? [byWitnesses] : [])], findings)
  const isKnownBefore = byReader.isFixed || byWitnesses?.isFixed || commitment !== undefined
  return conclude(evidence, isKnownBefore, findings)
}

function parseOwnChain(text: string): Chain {
  const chain = parseChain(text)
  if (chain.period >= 2 ** 32 || chainHash(chain) !== chain.chain_hash)
    throw new Refusal('the chain hash of --chain does not fit its parameters')
  return chain
}

function hash32(text: string | undefined, option: string): string | undefined {
  if (text === undefined || fromHex(text)?.length === 32) return text
  throw new Refusal(`${option} must be 32 bytes in lower-case hex`)
}

function checkKey(handed: string | undefined, key: Key, ownKey: Key, findings: Findings): void {
  if (handed === undefined)
    findings.summary.push(`The key of ${ownKey.name} is the file's own: anybody could make one.`)
  else {
    const areEqual = key.name === ownKey.name && sameBytes(key.publicKey, ownKey.publicKey)
    findings.check(areEqual, `The evidence has your key of ${key.name}.`)
  }
}

function checkKeptCommitment(kept: string | undefined, { entropy }: Evidence, findings: Findings): void {
  if (kept === undefined) return
  const isTheirs = entropy.kind === 'commit-reveal' && entropy.commitment === kept
  findings.check(isTheirs, 'The commitment is the one that you kept.')
  if (isTheirs) findings.summary.push('The commitment: you say that you had this before the seal.')
}

function checkPrevious(text: string, evidence: Evidence, key: Key, findings: Findings): void {
  const { lottery_date: date, seal, seal_hash, verifier_key } = parsePrevious(text)
  const previous = evidence.audit.sealed.event.data.previous_seal_hash
  const isOfThisLog = sameBytes(parseLogKey(verifier_key, 'verifier_key').publicKey, key.publicKey)
  findings.check(
    isOfThisLog && seal_hash === previous && hexOf(sha256(bytesOf(seal))) === previous,
    `The seal before this one is that of ${date}.`,
  )
}

function summarizeDraw(evidence: Evidence, findings: Findings): void {
  const { winners, ballot_count: count, exclusions, prizes } = evidence
  for (const { rank, ordinal, ballot_id } of winners)
    findings.summary.push(`Rank ${rank}: ballot ${ballot_id}, ordinal ${ordinal}.`)
  const could = count - exclusions.length
  findings.summary.push(
    `${winners.length} won of ${could} ballots that could. Prizes: ${prizes}. Ballots: ${count}, ${exclusions.length} of them excluded.`,
  )
}

function addMissing(inputs: Inputs, { entropy }: Evidence, fixed: readonly Fixed[], { missing }: Findings): void {
  if (entropy.kind === 'commit-reveal') missing.push('randomness that nobody knew: the operator made the secret.')
  else if (inputs.chain !== undefined) missing.push('a draw with quicknet: --chain named another beacon.')
  if (inputs.key === undefined) missing.push("--key: the key is the file's own.")
  if (!inputs.auditLog && !inputs.replay) missing.push('--audit-log: only the whole log shows that there was one seal.')
  if (fixed.some(({ isFixed }) => isFixed)) return
  missing.push(
    '--witness, or --seal-hash or --checkpoint that you kept: proof that the seal came before the randomness.',
  )
  missing.push(...fixed.flatMap(({ reasons }) => reasons))
}

function conclude({ entropy }: Evidence, isKnownBefore: boolean, findings: Findings): Report {
  const { checks, missing, summary, conflicts, hasFailed } = findings
  if (hasFailed) {
    const count = checks.filter(({ ok }) => !ok).length
    const headline = `NOT verified: ${count} of ${checks.length} checks failed.`
    return { verdict: 1, headline, checks, missing: [], summary, conflicts }
  }
  if (missing.length === 0) {
    const headline = 'verified: the seal was fixed before its randomness was known, so nobody could choose the winner.'
    return { verdict: 0, headline, checks, missing, summary, conflicts }
  }
  const unchanged =
    entropy.kind === 'commit-reveal' && isKnownBefore
      ? 'unchanged since its seal; whoever knew the secret could have chosen what was sealed. The result'
      : 'all that is there agrees. The result'
  const headline = `re-computes: ${unchanged} could have been chosen by the operator.`
  return { verdict: 3, headline, checks, missing, summary, conflicts }
}
