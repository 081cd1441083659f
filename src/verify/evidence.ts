import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { Drand, Evidence } from './document.ts'
import { ascii, dayOf, hmac, leaf, openCheckpoint, rootOfPath, sha256, u32, u64 } from './primitives.ts'

/** Chain hash of drand's quicknet. Its 32 bytes bind the key, the period and the genesis of the chain. */
const QUICKNET = '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'
/** Domain separation tag of quicknet's signatures (RFC 9380). */
const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'

/** Outcome of one check. */
export interface Check {
  readonly name: string
  readonly holds: boolean
  /** Claim that was checked, or the value that was computed. */
  readonly detail: string
}

/** Repeats the draw and checks every value of the evidence. `chainHash` pins a beacon other than quicknet. */
export function checkEvidence(evidence: Evidence, chainHash = QUICKNET): Check[] {
  const { lottery_date: date, ballot_count: count, root, entropy, winner } = evidence
  const seal = Buffer.from(evidence.seal, 'hex')
  const excludedIndexes = evidence.exclusions.map(({ ordinal }) => ordinal - 1)
  const source = entropy.kind === 'drand' ? entropy.chain_hash : entropy.commitment
  const randomness =
    entropy.kind === 'drand' ? sha256(Buffer.from(entropy.signature, 'hex')) : Buffer.from(entropy.secret, 'hex')

  const checkpoint = openCheckpoint(evidence.checkpoint, evidence.verifier_key)
  const ledgerName = evidence.verifier_key.split('+')[0]
  const expectedSeal = Buffer.concat([
    ascii('LSS1'),
    u32(dayOf(date)),
    u32(0), // attempt
    u64(count),
    Buffer.from(root, 'hex'),
    u64(excludedIndexes.length),
    sha256(Buffer.concat(excludedIndexes.map(u64))),
    Buffer.from(source, 'hex'),
    u64(entropy.kind === 'drand' ? entropy.round : 0),
    seal.subarray(132), // hash of the previous seal
  ])
  const seed = hmac(randomness, Buffer.concat([ascii('LSD1'), sha256(seal)]))
  const drawnOrdinal = draw(seed, count, excludedIndexes)
  const isOrdered = excludedIndexes.every((index, i) => index < count && index > (excludedIndexes[i - 1] ?? -1))

  return [
    check('checkpoint', checkpoint !== undefined, `signed by ${ledgerName}`),
    check(
      'checkpoint fits',
      checkpoint?.origin === `${ledgerName}/${date}` && checkpoint.size === count && checkpoint.root === root,
      `lottery of ${date}, ${count} ballots, root ${root}`,
    ),
    check('exclusions', isOrdered, `${excludedIndexes.length} ballots cannot win, listed in ascending order`),
    check('seal', seal.equals(expectedSeal), 'its bytes match the date, count, root, exclusions and entropy'),
    check('seal hash', sha256(seal).toString('hex') === evidence.seal_hash, evidence.seal_hash),
    ...(entropy.kind === 'drand' ? checkBeacon(entropy, date, chainHash) : [checkSecret(entropy)]),
    check('seed', seed.toString('hex') === evidence.seed, 'follows from the randomness and the seal'),
    check(
      'winning ordinal',
      evidence.winning_ordinal === drawnOrdinal,
      drawnOrdinal === null ? 'the draw gives no winner' : `the draw gives ordinal ${drawnOrdinal}`,
    ),
    check(
      'winning ballot',
      isWinner(winner, drawnOrdinal, evidence),
      winner ? 'its entry is in the ledger of this root' : 'there is none',
    ),
  ]
}

function check(name: string, holds: boolean, detail: string): Check {
  return { name, holds, detail }
}

function checkSecret({ commitment, secret }: { commitment: string; secret: string }): Check {
  const hash = sha256(ascii('LSC1'), Buffer.from(secret, 'hex')).toString('hex')
  return check('secret', hash === commitment, 'matches its commitment')
}

function checkBeacon(entropy: Drand, date: string, chainHash: string): Check[] {
  const { period, genesis, round, late, beacon_id } = entropy
  const key = Buffer.from(entropy.public_key, 'hex')
  const hash = sha256(u32(period), u64(genesis), key, Buffer.from(entropy.group_hash, 'hex'), ascii(beacon_id))
  const dueRound = Math.floor(((dayOf(date) + 1) * 86_400 + 60 - genesis) / period) + 1
  return [
    check('beacon', hash.toString('hex') === entropy.chain_hash && entropy.chain_hash === chainHash, beacon_id),
    check(
      'beacon round',
      late ? round > dueRound : round === dueRound,
      late ? `round ${round}, after round ${dueRound}, because the lottery was sealed late` : `round ${round}`,
    ),
    check('beacon signature', isSignedBy(key, round, Buffer.from(entropy.signature, 'hex')), `signs round ${round}`),
  ]
}

function isSignedBy(key: Buffer, round: number, signature: Buffer): boolean {
  try {
    const message = bls12_381.shortSignatures.hash(sha256(u64(round)), DST)
    return bls12_381.shortSignatures.verify(signature, message, key)
  } catch {
    return false
  }
}

/** Winning ordinal, or null when no ballot can win. Section 4 of lottery-draw-v1, with j = 0. */
function draw(seed: Buffer, count: number, excludedIndexes: readonly number[]): number | null {
  const entrants = BigInt(count - excludedIndexes.length)
  if (entrants <= 0n) return null
  for (let attempt = 0; ; attempt += 1) {
    const x = BigInt(`0x${hmac(seed, Buffer.concat([u32(0), u32(attempt)])).toString('hex')}`)
    if (x >= ((1n << 256n) / entrants) * entrants) continue
    let index = Number(x % entrants)
    for (const excludedIndex of excludedIndexes) if (excludedIndex <= index) index += 1
    return index + 1
  }
}

function isWinner(winner: Evidence['winner'], ordinal: number | null, evidence: Evidence): boolean {
  if (!winner || ordinal === null) return winner === null && ordinal === null
  const entry = Buffer.from(winner.entry, 'hex')
  const proof = winner.proof.map((hash) => Buffer.from(hash, 'hex'))
  const root = rootOfPath(leaf(entry), ordinal - 1, evidence.ballot_count, proof)
  return isEntryOf(evidence.lottery_date, entry) && root?.toString('hex') === evidence.root
}

/** Checks the length of a ledger entry and its first 8 bytes, which name the day. */
export function isEntryOf(date: string, entry: Buffer): boolean {
  return entry.length === 64 && entry.subarray(0, 8).equals(Buffer.concat([ascii('LSB1'), u32(dayOf(date))]))
}
