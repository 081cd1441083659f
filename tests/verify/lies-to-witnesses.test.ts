import { describe } from 'vitest'
import { NoteKey } from '../support/forge/keys.ts'
import { type Cosigning, signNote } from '../support/forge/world.ts'
import { edited, forged, honest, type Lie, seesEach } from './lies.ts'
import { DUE, IN_TIME, SEALED_AT, scenario, WITNESSES } from './scenario.ts'

const [one, two, three] = WITNESSES as [NoteKey, NoteKey, NoteKey]
const cosigned = (...cosignings: readonly Cosigning[]) => forged({ cosignings })
const at = (time: number) => cosigned([one, time], [two, time], [three, time])
const vkeys = (...keys: readonly NoteKey[]) => ({ witnesses: keys.map(({ vkey }) => vkey) })
const sealedSize = honest.lottery.sealed.index + 1
const note = (cosignings: readonly Cosigning[], size = sealedSize) => honest.world.auditCheckpoint(size, cosignings)
const keeping = (checkpoint: string) => () => honest.inputs({ witnesses: [], checkpoint })

/** The honest evidence with a cosignature of the first witness on another tree. */
const withWrongCosignature = edited(({ audit }) => {
  const other = scenario().world.auditCheckpoint(sealedSize - 1, [[one, IN_TIME]])
  const line = other.split('\n').find((text) => text.startsWith(`— ${one.name}`))
  const lines = audit.witnessed?.checkpoint.split('\n').map((text) => (text.startsWith(`— ${one.name}`) ? line : text))
  Object.assign(audit.witnessed as object, { checkpoint: lines?.join('\n') })
})

const none = '0 saw the seal'
const ABOUT_WITNESSES: readonly Lie[] = [
  ['the cosignatures are from before the seal', 3, none, at(SEALED_AT / 1000 - 60)],
  ['the cosignatures are from when the round was known', 3, none, at(DUE)],
  ['the cosignatures are from years later', 3, none, at(DUE + 100_000_000)],
  ['one witness of three saw the seal', 3, '1 saw the seal', cosigned([one, IN_TIME])],
  ['one witness cosigned twice', 3, '1 saw the seal', cosigned([one, IN_TIME], [one, IN_TIME + 1])],
  [
    'others cosigned than the reader trusts',
    3,
    none,
    cosigned(...[7, 8, 9].map((n) => [NoteKey.witness(`w${n}`, n), IN_TIME] as const)),
  ],
  [
    'a witness has the name of another',
    3,
    none,
    cosigned(...WITNESSES.map(({ name }, n) => [NoteKey.witness(name, n), IN_TIME] as const)),
  ],
  ['nobody cosigned', 3, 'the evidence has none', edited((doc) => Object.assign(doc.audit, { witnessed: null }))],
  ['a cosignature is that of another tree', 1, 'FAILED The cosignature of witness witness1.test', withWrongCosignature],
  [
    'two trees of one size were signed, and both are there',
    1,
    'two signed notes of lottery.test/audit disagree',
    () => {
      const fork = scenario({ sealedAt: SEALED_AT + 1 })
      const { sealed } = honest.lottery
      const size = sealed.index + 2
      return honest.inputs({}, ({ audit }) => {
        const proof = honest.world.proof(sealed.index, size)
        Object.assign(audit, { witnessed: { checkpoint: honest.world.auditCheckpoint(size), proof } })
        Object.assign(audit, { checkpoint: fork.world.auditCheckpoint(size) })
      })
    },
  ],
  ['one of three is called a quorum', 2, '--quorum 1 of 3', () => honest.inputs({ quorum: 1 })],
  [
    'two of four are called a quorum',
    2,
    '--quorum 2 of 4',
    () => honest.inputs({ ...vkeys(one, two, three, NoteKey.witness('d', 4)), quorum: 2 }),
  ],
  ['four of three are called a quorum', 2, '--quorum 4 of 3', () => honest.inputs({ quorum: 4 })],
  ['there is a quorum of no witnesses', 2, '--quorum 1 of 0', () => honest.inputs({ witnesses: [], quorum: 1 })],
  [
    'one key of a witness has two names',
    2,
    'two --witness have one public key',
    () => honest.inputs(vkeys(NoteKey.witness('a', 11), NoteKey.witness('b', 11))),
  ],
  ['one witness is given twice', 2, 'two --witness have one public key', () => honest.inputs(vkeys(one, one, two))],
  [
    'the log is its own witness',
    2,
    'has the public key of the log',
    () => honest.inputs(vkeys(NoteKey.witness('lottery.test', 1))),
  ],
  [
    'a key of a log is called a witness',
    2,
    'is no key of a witness',
    () => honest.inputs({ witnesses: [honest.world.key.vkey] }),
  ],
  ['a key of a witness is called the log', 2, '--key is no key of a log', () => honest.inputs({ key: one.vkey })],
  [
    'the id of a key is another',
    2,
    'is no key of a witness',
    () => honest.inputs({ witnesses: [one.vkey.replace(/\+.{8}/, '+00000000')] }),
  ],
]

const elsewhere = scenario({ sealedAt: SEALED_AT + 1 })
const late = 'yours is cosigned at another time'
const root = `FAILED The first ${sealedSize} events of the log give the root of the kept checkpoint.`
const ABOUT_WHAT_WAS_KEPT: readonly Lie[] = [
  ['a checkpoint that was fetched after the draw is called kept', 3, late, keeping(note([[one, DUE + 60]]))],
  [
    'only one of its cosignatures is late',
    3,
    late,
    keeping(
      note([
        [one, IN_TIME],
        [two, DUE],
      ]),
    ),
  ],
  ['its cosignatures are from before the seal', 3, late, keeping(note([[one, SEALED_AT / 1000 - 60]]))],
  ['it is from before the seal', 3, 'yours is older', keeping(note([], sealedSize - 1))],
  [
    'its cosignature is that of another tree',
    1,
    'FAILED The cosignature of witness witness1.test',
    () => {
      const line = note([[one, IN_TIME]], 1)
        .split('\n')
        .at(-2)
      return honest.inputs({ checkpoint: `${note([])}${line}\n` })
    },
  ],
  ['it is that of another tree', 1, root, keeping(elsewhere.world.auditCheckpoint(sealedSize))],
  [
    'it is that of another tree, of the size that witnesses saw',
    1,
    'two signed notes of lottery.test/audit disagree',
    keeping(elsewhere.world.auditCheckpoint(sealedSize)),
  ],
  [
    'it is longer than the log',
    1,
    'the log has only',
    keeping(honest.world.sign('lottery.test/audit', 99, Buffer.alloc(32))),
  ],
  [
    'it is signed by another key',
    1,
    'FAILED The log signed the kept checkpoint',
    keeping(signNote(NoteKey.log('lottery.test', 2), 'lottery.test/audit', sealedSize, Buffer.alloc(32))),
  ],
  [
    'it is that of the ledger',
    1,
    'FAILED The log signed the kept checkpoint',
    keeping(honest.lottery.evidence['checkpoint'] as string),
  ],
  ['it is no checkpoint', 2, '--checkpoint is no signed checkpoint', keeping('hello')],
  ['the log was not handed over', 3, '--audit-log', () => honest.inputs({ checkpoint: note([]), auditLog: undefined })],
]

describe('verifying a lie about witnesses', () => seesEach(ABOUT_WITNESSES))
describe('verifying with a kept checkpoint', () => seesEach(ABOUT_WHAT_WAS_KEPT))
