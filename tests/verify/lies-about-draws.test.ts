import { describe } from 'vitest'
import type { Inputs } from '../../src/verify/verify.ts'
import { userOf } from '../support/forge/draw.ts'
import { forgeBeacon, QUICKNET } from '../support/forge/keys.ts'
import { edited, forged, honest, type Lie, seesEach } from './lies.ts'
import { SEALED_AT, scenario } from './scenario.ts'

const { winners } = honest.lottery.evidence
const [first, second] = winners.map(({ ordinal }) => Number(ordinal) - 1) as [number, number]
const loser = [0, 2, 3, 5].find((index) => index !== first && index !== second) as number

const draws = 'FAILED The seed draws the ordinals'
const opens = 'FAILED The entry of rank 1 is ballot'
const prizes = 'FAILED It was created as lottery-draw-v2, with'
const ABOUT_WINNERS: readonly Lie[] = [
  ['another ballot is said to win', 1, draws, forged({ indexes: [loser, second] })],
  ['the two ranks are swapped', 1, draws, forged({ indexes: [second, first] })],
  ['the second prize is not given', 1, draws, forged({ indexes: [first] })],
  ['a third prize is given', 1, draws, forged({ indexes: [first, second, loser] })],
  ['an excluded ballot wins', 1, 'FAILED Its user is not one of the excluded', forged({ indexes: [1, second] })],
  ['an accomplice is named as the owner of a winning ballot', 1, opens, forged({ winner: { user_id: userOf(9) } })],
  [
    'an accomplice is named as the owner, with another salt',
    1,
    opens,
    forged({ winner: { user_id: userOf(9), salt: 'ab'.repeat(16) } }),
  ],
  ['the winner has another ballot id', 1, opens, forged({ winner: { ballot_id: userOf(1) } })],
  [
    'the evidence names another winner than the closed event',
    1,
    'FAILED The closed event names the same winners.',
    edited((doc) => Object.assign(doc.winners[0] as object, { user_id: userOf(9) })),
  ],
  [
    'the closed event names no winner',
    1,
    'FAILED The closed event names the same winners.',
    forged({ closed: { winners: [] } }),
  ],
  [
    'the evidence has another seed',
    1,
    'FAILED The seed follows',
    edited((doc) => Object.assign(doc, { seed: 'ab'.repeat(32) })),
  ],
  [
    'the entry of a winner is not in the ledger',
    1,
    `FAILED That entry is ordinal ${first + 1}`,
    edited((doc) => Object.assign(doc.winners[0] as object, { proof: winners[1]?.['proof'] })),
  ],
  ['there are more prizes than were created', 1, prizes, forged({ created: { prizes: 1 } })],
  ['there are 101 prizes', 1, prizes, forged({ prizes: 101 })],
  ['the seal has other prizes', 1, 'FAILED The sealed event has the prizes', forged({ sealed: { prizes: 3 } })],
]

const own = forgeBeacon()
const ownChain = { chain: JSON.stringify(own.chain) }
const posing = { chain: { ...own.chain, chain_hash: QUICKNET.chain.chain_hash }, sign: own.sign }
const signing = (signature: string) => ({ beacon: { chain: QUICKNET.chain, sign: () => signature } })
const drand = { kind: 'drand', chain_hash: QUICKNET.chain.chain_hash }
const commitment = { kind: 'commit-reveal', commitment: 'ab'.repeat(32) }

const round = 'FAILED By the time of the seal, round 1000 draws'
const signature = 'FAILED The beacon signed that round.'
const quicknet = 'FAILED The beacon is quicknet.'
const created = 'with 2 prizes, to be drawn by'
const secret = 'FAILED The secret fits the commitment of the created event.'
const ABOUT_ENTROPY: readonly Lie[] = [
  ['a later round is taken than the seal asks for', 1, round, forged({ round: 1001 })],
  [
    'an earlier round is taken than the seal asks for',
    1,
    'FAILED By the time of the seal, round 1001 draws',
    forged({ sealedAt: SEALED_AT + 3_000, round: 1000 }),
  ],
  ['a round years later is taken and called late', 1, round, forged({ beacon: own, round: 60_000_000 }, ownChain)],
  [
    'the created event names another regular round',
    1,
    'FAILED The created event names the regular round',
    forged({ created: { entropy: { ...drand, round: 1000 } } }),
  ],
  ['the beacon is a chain of their own', 1, quicknet, forged({ beacon: own })],
  ['a chain of their own has the chain hash of quicknet', 1, quicknet, forged({ beacon: posing })],
  [
    'the period is another with the same chain hash',
    1,
    quicknet,
    edited((doc) => Object.assign(doc.entropy, { period: 2 ** 32 + 3 })),
  ],
  ['the beacon has another name', 1, quicknet, edited((doc) => Object.assign(doc.entropy, { beacon_id: 'default' }))],
  ['the reader names another chain', 1, 'FAILED The beacon is the chain', () => honest.inputs(ownChain)],
  ['the signature is that of another round', 1, signature, forged(signing(QUICKNET.sign(1001)))],
  ['the signature is the point at infinity', 1, signature, forged(signing(`c0${'00'.repeat(47)}`))],
  ['the signature is no point', 1, signature, forged(signing('ab'.repeat(48)))],
  [
    'the closed event reveals something else',
    1,
    'reveals this randomness',
    forged({ closed: { reveal: 'ab'.repeat(48) } }),
  ],
  ['the kind is swapped after the lottery was created', 1, created, forged({ created: { entropy: commitment } })],
  ['the kind of the seal is swapped', 1, 'FAILED The bytes of the seal', forged({ sealed: { kind: 'commit-reveal' } })],
  [
    'a commitment was kept, and drand drew',
    1,
    'FAILED The commitment is the one that you kept.',
    () => honest.inputs({ commitment: 'ab'.repeat(32) }),
  ],
  [
    'the secret does not fit the commitment',
    1,
    secret,
    () => {
      const edit = { secret: 'ab'.repeat(32) }
      return scenario({ kind: 'commit-reveal' }).inputs({}, (doc) => Object.assign(doc.entropy, edit))
    },
  ],
  [
    'the commitment was another when the lottery was created',
    1,
    secret,
    forged({ kind: 'commit-reveal', created: { entropy: commitment } }),
  ],
  [
    'commit-reveal may be aimed by the millisecond of the seal',
    3,
    'whoever knew the secret could have chosen what was sealed',
    aimedByTheMillisecond,
  ],
]

/** The operator knows the secret, and tries seal times until ordinal 1 wins. */
function aimedByTheMillisecond(): Inputs {
  for (let delay = 0; ; delay += 1) {
    const aimed = scenario({ kind: 'commit-reveal', prizes: 1, sealedAt: SEALED_AT + delay })
    const { sealHash, evidence } = aimed.lottery
    if (evidence.winners[0]?.['ordinal'] !== 1) continue
    return aimed.inputs({ sealHash, commitment: evidence.entropy['commitment'] as string })
  }
}

describe('verifying a lie about winners', () => seesEach(ABOUT_WINNERS))
describe('verifying a lie about entropy', () => seesEach(ABOUT_ENTROPY))
