import { NaiveTree, naiveLeaf, sha256 } from '../rfc6962.ts'
import { ascii, hex, hexOf, u32, u64, uuidBytes } from './bytes.ts'
import { drawFrom, entryOf, type ForgedBallot, hmac, roundFor } from './draw.ts'
import { QUICKNET } from './keys.ts'
import type { ForgedLottery, Plan } from './plan.ts'
import type { PlacedEvent, World } from './world.ts'

/** Makes a lottery in the log of a world, and its evidence. */
export function forgeLottery(world: World, plan: Plan): ForgedLottery {
  const { date, kind = 'drand', beacon = QUICKNET, prizes = 1, ballots, exclusions = [], sealedAt } = plan
  const secret = plan.secret ?? sha256(ascii(`secret of ${date}`))
  const day = Date.parse(date) / 86_400_000
  const end = (day + 1) * 86_400
  const { chain } = beacon
  const regular = Math.floor((end + 60 - chain.genesis) / chain.period) + 1
  const round = kind === 'commit-reveal' ? 0 : (plan.round ?? roundFor(chain, regular, sealedAt))
  const commitment = sha256(ascii('LSC1'), secret).toString('hex')
  const source = kind === 'drand' ? chain.chain_hash : commitment
  const reveal = kind === 'drand' ? beacon.sign(round) : hexOf(secret)

  const aggregate = `lottery/${date}`
  const [createdAt = (end - 86_400) * 1000, closedAt = sealedAt + 100_000] = plan.times ?? []
  const [createdId, sealedId, closedId] = plan.ids ?? []
  const entropy = kind === 'drand' ? { kind, chain_hash: source, round: regular } : { kind, commitment }
  const createdData = { date, draw: 'lottery-draw-v2', prizes, entropy, ...plan.created }
  const created = world.append({
    id: createdId,
    type: 'lottery.created.v1',
    aggregate,
    at: createdAt,
    data: createdData,
  })
  plan.beforeSeal?.()

  const entries = ballots.map((ballot) => entryOf(day, ballot))
  const tree = new NaiveTree(entries.map(naiveLeaf))
  const root = tree.root(entries.length)
  const exclusionsHash = sha256(...exclusions.flatMap((one) => [u64(one.ordinal - 1), uuidBytes(one.event_id)]))
  const previous = plan.previous ?? world.lastSealHash
  const seal = Buffer.concat([
    ...[ascii('LSS2'), u32(day), u32(0), u64(entries.length), root, u64(exclusions.length), exclusionsHash],
    ...[Buffer.of(kind === 'drand' ? 1 : 0), hex(source), u64(round), u64(sealedAt), hex(previous)],
  ])
  const sealHash = sha256(seal).toString('hex')
  const sealed = world.append({
    id: sealedId,
    type: 'lottery.sealed.v1',
    aggregate,
    seq: 2,
    at: sealedAt,
    data: {
      date,
      created_event_id: created.event.id,
      attempt: 0,
      prizes,
      ballot_count: entries.length,
      root: hexOf(root),
      excluded_count: exclusions.length,
      exclusions_hash: hexOf(exclusionsHash),
      kind,
      source,
      round,
      sealed_at: new Date(sealedAt).toISOString(),
      previous_seal_hash: previous,
      seal_hash: sealHash,
      ...plan.sealed,
    },
  })
  world.lastSealHash = sealHash
  plan.afterSeal?.()
  const witnessedSize = world.lines.length

  const randomness = kind === 'drand' ? sha256(hex(reveal)) : secret
  const seed = hmac(randomness, Buffer.concat([ascii('LSD2'), hex(sealHash)]))
  const out = exclusions.map(({ ordinal }) => ordinal - 1)
  const indexes = plan.indexes ?? drawFrom(seed, entries.length, out, prizes)
  const winners = indexes.map((index, j) => {
    const { id, userId, salt } = ballots[index] as ForgedBallot
    return { rank: j + 1, ordinal: index + 1, ballot_id: id, user_id: userId, salt, ...plan.winner }
  })
  const closed = world.append({
    id: closedId,
    type: 'lottery.closed.v1',
    aggregate,
    seq: 3,
    at: closedAt,
    data: {
      date,
      attempt: 0,
      seal_hash: sealHash,
      reveal,
      winners: winners.map(({ rank, ordinal, ballot_id, user_id }) => ({ rank, ordinal, ballot_id, user_id })),
      ...plan.closed,
    },
  })
  plan.afterClose?.()

  const origin = `${world.key.name}/${date}`
  const size = entries.length
  const place = ({ index, event }: PlacedEvent) => ({ index, event: structuredClone(event), proof: world.proof(index) })
  const proof = (ordinal: number) => ({
    ordinal,
    size,
    leaf_hash: hexOf(naiveLeaf(entries[ordinal - 1] as Buffer)),
    root: hexOf(root),
    proof: tree.path(ordinal - 1, size).map(hexOf),
  })
  return {
    evidence: {
      version: 'lottery-draw-v2',
      lottery_date: date,
      ballot_count: size,
      root: hexOf(root),
      exclusions: exclusions.map((exclusion) => ({ reason: 'banned', ...exclusion })),
      seal: hexOf(seal),
      seal_hash: sealHash,
      checkpoint: world.sign(origin, size, root),
      verifier_key: world.key.vkey,
      entropy:
        kind === 'drand' ? { kind, ...chain, round, signature: reveal } : { kind, commitment, secret: hexOf(secret) },
      seed: hexOf(seed),
      prizes,
      winners: winners.map((winner, j) => ({
        ...winner,
        entry: hexOf(entries[indexes[j] as number] as Buffer),
        proof: proof((indexes[j] as number) + 1).proof,
      })),
      audit: {
        checkpoint: world.auditCheckpoint(),
        created: place(created),
        sealed: place(sealed),
        closed: place(closed),
        witnessed: plan.cosignings
          ? {
              checkpoint: world.auditCheckpoint(witnessedSize, plan.cosignings),
              proof: world.proof(sealed.index, witnessedSize),
            }
          : null,
      },
    },
    ledger: entries.map(hexOf),
    sealed,
    sealHash,
    proof,
    textProof(ordinal) {
      const path = proof(ordinal).proof.map((hash) => `${hex(hash).toString('base64')}\n`)
      return `c2sp.org/tlog-proof@v1\nindex ${ordinal - 1}\n${path.join('')}\n${world.sign(origin, size, root)}`
    },
    receipt(ordinal, at = ordinal) {
      const { id, userId, salt, acceptedAt } = ballots[ordinal - 1] as ForgedBallot
      const entry = entries[ordinal - 1] as Buffer
      return {
        id,
        user_id: userId,
        lottery_date: date,
        ordinal,
        submitted_at: new Date(acceptedAt).toISOString(),
        entry: hexOf(entry),
        salt,
        leaf_hash: hexOf(naiveLeaf(entry)),
        checkpoint: world.sign(origin, at, tree.root(at)),
      }
    },
  }
}
