import { describe } from 'vitest'
import { userOf } from '../support/forge/draw.ts'
import { forgeBeacon, NoteKey } from '../support/forge/keys.ts'
import { edited, forged, honest, type Lie, seesEach } from './lies.ts'
import { exclusionsBy, SEALED_AT, scenario } from './scenario.ts'

const old = forgeBeacon({ genesis: 1_600_000_000 })
const oldChain = { chain: JSON.stringify(old.chain) }
const other = 'ab'.repeat(32)

const bytes = 'FAILED The bytes of the seal are those facts.'
const facts = 'FAILED The sealed event states the ballots'
const closed = 'FAILED The closed event names this seal'
const chain = 'does not follow the seal before it in the log'
const excluded = 'FAILED 2 ballots are excluded, each'
const ABOUT_THE_SEAL: readonly Lie[] = [
  [
    'it was sealed before its day was over',
    1,
    'FAILED It was sealed at',
    forged({ beacon: old, sealedAt: Date.parse('2023-08-23') - 1 }, oldChain),
  ],
  [
    'the sealed event states another time',
    1,
    bytes,
    forged({ sealed: { sealed_at: new Date(SEALED_AT + 1).toISOString() } }),
  ],
  ['the sealed event states another hash', 1, facts, forged({ sealed: { seal_hash: other } })],
  ['the sealed event states another root', 1, facts, forged({ sealed: { root: other } })],
  ['the sealed event states another number of ballots', 1, facts, forged({ sealed: { ballot_count: 7 } })],
  ['the sealed event states another number of exclusions', 1, facts, forged({ sealed: { excluded_count: 1 } })],
  ['the sealed event states other exclusions', 1, facts, forged({ sealed: { exclusions_hash: other } })],
  ['the sealed event states another source', 1, facts, forged({ sealed: { source: other } })],
  ['the sealed event states another round', 1, facts, forged({ sealed: { round: 1001 } })],
  [
    'the sealed event follows another created event',
    1,
    'FAILED The sealed event has the prizes',
    forged({ sealed: { created_event_id: userOf(1) } }),
  ],
  ['it is the second attempt', 1, facts, forged({ sealed: { attempt: 1 } })],
  ['the closed event is of the second attempt', 1, closed, forged({ closed: { attempt: 1 } })],
  ['the closed event names another seal', 1, closed, forged({ closed: { seal_hash: other } })],
  ['it was created under version 1', 1, 'FAILED It was created as', forged({ created: { draw: 'lottery-draw-v1' } })],
  [
    'the created event is of another date',
    1,
    'FAILED The three events are those',
    forged({ created: { date: '2023-08-20' } }),
  ],
  ['the seal before it is made up', 1, chain, forged({ previous: other })],
  ['the seal before it is left out', 1, chain, forged({ previous: '00'.repeat(32) })],
  [
    'the exclusions are not in order',
    1,
    excluded,
    forged((_, ban) => ({ exclusions: exclusionsBy(ban.event.id).reverse() })),
  ],
  [
    'a ballot is excluded twice',
    1,
    'FAILED 4 ballots are excluded, each',
    forged((_, ban) => ({ exclusions: exclusionsBy(ban.event.id).flatMap((one) => [one, one]) })),
  ],
  [
    'two bans are named for one user',
    1,
    excluded,
    forged((_, ban) => ({
      exclusions: exclusionsBy(ban.event.id).map((one, i) => (i === 0 ? one : { ...one, event_id: userOf(7) })),
    })),
  ],
  ['the evidence lists fewer exclusions than the seal', 1, facts, edited((doc) => doc.exclusions.pop())],
  ['the seal is another', 1, bytes, edited((doc) => Object.assign(doc, { seal: honest.previous.evidence['seal'] }))],
]

const sameName = NoteKey.log('lottery.test', 2)
const signature = 'FAILED The log signed the ledger'
const order = 'FAILED It was created, sealed, then closed.'
const ABOUT_THE_LOG_KEY: readonly Lie[] = [
  [
    'the reader has another key of that name',
    1,
    'FAILED The evidence has your key',
    () => honest.inputs({ key: sameName.vkey }),
  ],
  [
    'the reader has that key under another name',
    1,
    'FAILED The evidence has your key',
    () => honest.inputs({ key: NoteKey.log('lottery.other').vkey }),
  ],
  [
    'the evidence states a key that did not sign',
    1,
    signature,
    () => honest.inputs({ key: undefined }, (doc) => Object.assign(doc, { verifier_key: sameName.vkey })),
  ],
  [
    'the ledger was signed by another key',
    1,
    signature,
    edited((doc) => Object.assign(doc, { checkpoint: scenario({}, sameName).lottery.evidence['checkpoint'] })),
  ],
  [
    'the ledger is that of another day',
    1,
    signature,
    edited((doc) => Object.assign(doc, { checkpoint: honest.previous.evidence['checkpoint'] })),
  ],
  [
    'the audit log poses as the ledger',
    1,
    signature,
    edited((doc) => Object.assign(doc, { checkpoint: doc.audit.checkpoint })),
  ],
  [
    'the ledger poses as the audit log',
    1,
    'FAILED The log signed the checkpoint of its audit log.',
    edited((doc) => Object.assign(doc.audit, { checkpoint: doc['checkpoint'] })),
  ],
  [
    'an event is proven by the path of another',
    1,
    'FAILED The closed event is in that audit log.',
    edited(({ audit }) => Object.assign(audit.closed, { proof: audit.sealed.proof })),
  ],
  [
    'an event is said to stand elsewhere',
    1,
    'FAILED The sealed event is in that audit log.',
    edited(({ audit }) => Object.assign(audit.sealed, { index: audit.sealed.index - 1 })),
  ],
  [
    'the closed event stands before the sealed event',
    1,
    order,
    edited(({ audit }) => Object.assign(audit.closed, { index: audit.sealed.index - 1 })),
  ],
  [
    'an event is another than the one that was logged',
    1,
    'FAILED The created event is in that audit log.',
    edited(({ audit }) => Object.assign(audit.created.event, { actor: 'operator' })),
  ],
  [
    'the sealed event is not in the witnessed checkpoint',
    1,
    'FAILED The log signed the witnessed checkpoint',
    edited(({ audit }) => Object.assign(audit.witnessed as object, { proof: [] })),
  ],
]

describe('verifying a lie about the seal', () => seesEach(ABOUT_THE_SEAL))
describe('verifying a lie about the signatures and proofs of the log', () => seesEach(ABOUT_THE_LOG_KEY))
