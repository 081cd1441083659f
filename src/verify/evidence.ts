import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { Drand, Evidence } from './document.ts'
import { ascii, dayOf, hmac, leaf, openCheckpoint, rootOfPath, sha256, u32, u64 } from './primitives.ts'

/** drand's quicknet. These 32 bytes bind its key, its period and its genesis. */
const QUICKNET = '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'
const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'

export interface Check {
  readonly name: string
  readonly holds: boolean
  readonly detail: string
}

/** Draws the lottery again. `chainHash` pins another beacon than quicknet. */
export function checkEvidence(evidence: Evidence, chainHash = QUICKNET): Check[] {
  const { lottery_date: date, ballot_count: count, root, entropy, winner } = evidence
  const seal = Buffer.from(evidence.seal, 'hex')
  const excluded = evidence.exclusions.map(({ ordinal }) => ordinal - 1)
  const source = entropy.kind === 'drand' ? entropy.chain_hash : entropy.commitment
  const randomness =
    entropy.kind === 'drand' ? sha256(Buffer.from(entropy.signature, 'hex')) : Buffer.from(entropy.secret, 'hex')

  const note = openCheckpoint(evidence.checkpoint, evidence.verifier_key)
  const name = evidence.verifier_key.split('+')[0]
  const expectedSeal = Buffer.concat([
    ...[ascii('LSS1'), u32(dayOf(date)), u32(0), u64(count), Buffer.from(root, 'hex'), u64(excluded.length)],
    sha256(Buffer.concat(excluded.map(u64))),
    ...[Buffer.from(source, 'hex'), u64(entropy.kind === 'drand' ? entropy.round : 0), seal.subarray(132)],
  ])
  const seed = hmac(randomness, Buffer.concat([ascii('LSD1'), sha256(seal)]))
  const drawn = draw(seed, count, excluded)
  const isOrdered = excluded.every((index, i) => index < count && index > (excluded[i - 1] ?? -1))

  return [
    check('checkpoint', note !== undefined, `signed by ${name}`),
    check(
      'checkpoint fits',
      note?.origin === `${name}/${date}` && note.size === count && note.root === root,
      `lottery of ${date}, ${count} ballots, root ${root}`,
    ),
    check('exclusions', isOrdered, `${excluded.length} ballots cannot win`),
    check('seal', seal.equals(expectedSeal), 'the sealed bytes are the stated facts'),
    check('seal hash', sha256(seal).toString('hex') === evidence.seal_hash, evidence.seal_hash),
    ...(entropy.kind === 'drand' ? checkBeacon(entropy, date, chainHash) : [checkSecret(entropy)]),
    check('seed', seed.toString('hex') === evidence.seed, 'follows from the randomness and the seal'),
    check('winning ordinal', evidence.winning_ordinal === drawn, drawn === null ? 'no winner' : `ordinal ${drawn}`),
    check('winning ballot', isWinner(winner, drawn, evidence), winner ? 'its entry is in the root' : 'none'),
  ]
}

function check(name: string, holds: boolean, detail: string): Check {
  return { name, holds, detail }
}

function checkSecret({ commitment, secret }: { commitment: string; secret: string }): Check {
  const hash = sha256(ascii('LSC1'), Buffer.from(secret, 'hex')).toString('hex')
  return check('secret', hash === commitment, 'is what was committed to')
}

function checkBeacon(entropy: Drand, date: string, chainHash: string): Check[] {
  const { period, genesis, round, late, beacon_id } = entropy
  const key = Buffer.from(entropy.public_key, 'hex')
  const hash = sha256(u32(period), u64(genesis), key, Buffer.from(entropy.group_hash, 'hex'), ascii(beacon_id))
  const due = Math.floor(((dayOf(date) + 1) * 86_400 + 60 - genesis) / period) + 1
  return [
    check('beacon', hash.toString('hex') === entropy.chain_hash && entropy.chain_hash === chainHash, beacon_id),
    check(
      'beacon round',
      late ? round > due : round === due,
      late ? `${round}, later than ${due}: sealed late` : `${round}`,
    ),
    check('beacon signature', isSignedBy(key, round, Buffer.from(entropy.signature, 'hex')), `of round ${round}`),
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

/** The winning ordinal, or null: section 4 of the specification, for the one prize of the day. */
function draw(seed: Buffer, count: number, excluded: readonly number[]): number | null {
  const entrants = BigInt(count - excluded.length)
  if (entrants <= 0n) return null
  for (let attempt = 0; ; attempt += 1) {
    const x = BigInt(`0x${hmac(seed, Buffer.concat([u32(0), u32(attempt)])).toString('hex')}`)
    if (x >= ((1n << 256n) / entrants) * entrants) continue
    let index = Number(x % entrants)
    for (const hole of excluded) if (hole <= index) index += 1
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

export function isEntryOf(date: string, entry: Buffer): boolean {
  return entry.length === 64 && entry.subarray(0, 8).equals(Buffer.concat([ascii('LSB1'), u32(dayOf(date))]))
}
