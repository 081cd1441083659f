import { describe } from 'vitest'
import { type ForgedBallot, userOf } from '../support/forge/draw.ts'
import { honest, type Lie, seesEach } from './lies.ts'
import { BALLOTS, type Changes, exclusionsBy, linesOf, scenario } from './scenario.ts'

const { lottery } = honest

/** A scenario whose ledger is handed over too. */
const withLedger = (changes: Changes) => () => {
  const { inputs, ledger } = scenario(changes)
  return inputs({ ledger: ledger() })
}
const changedLedger = (change: (lines: string[]) => string[]) => () =>
  honest.inputs({ ledger: linesOf(change([...lottery.ledger])) })
const ballots = (changes: Readonly<Record<number, Partial<ForgedBallot>>>): Changes => ({
  ballots: BALLOTS.map((ballot, i) => ({ ...ballot, ...changes[i] })),
})

const entries = 'entries of the ledger give the sealed root.'
const rules = 'FAILED The entries keep the rules of a ledger.'
const ABOUT_LEDGERS: readonly Lie[] = [
  ['an entry is missing', 1, entries, changedLedger((lines) => lines.slice(0, -1))],
  ['an entry was added', 1, entries, changedLedger((lines) => [...lines, lines[0] as string])],
  [
    'two entries are swapped',
    1,
    entries,
    changedLedger((lines) => [lines[1], lines[0], ...lines.slice(2)] as string[]),
  ],
  [
    'a ballot id comes twice',
    1,
    'ordinal 4 has a ballot id that another has',
    withLedger(ballots({ 3: { id: BALLOTS[0]?.id as string } })),
  ],
  [
    'the ballot ids are zero',
    1,
    'a ballot id that another has',
    withLedger(ballots({ 0: { id: userOf(0).replace(/[^-]/g, '0') }, 2: { id: userOf(0).replace(/[^-]/g, '0') } })),
  ],
  [
    'a time goes back',
    1,
    'ordinal 2 was accepted before the one above it',
    withLedger(ballots({ 1: { acceptedAt: 5 } })),
  ],
  [
    'a ballot came after the end of the day',
    1,
    'ordinal 6 was accepted after the end',
    withLedger(ballots({ 5: { acceptedAt: Date.parse('2023-08-23') } })),
  ],
  [
    'an entry is of another day',
    1,
    rules,
    changedLedger((lines) => lines.with(2, honest.previous.ledger[0] as string)),
  ],
  [
    'a ballot of somebody else is excluded by a true ban',
    1,
    'the entry of ordinal 4 is not of user',
    withLedger((_, ban) => ({
      exclusions: exclusionsBy(ban.event.id)
        .map((one, i) => (i === 1 ? { ...one, ordinal: 4 } : one))
        .sort((a, b) => a.ordinal - b.ordinal),
    })),
  ],
  ['a line is no entry', 2, 'line 3 of the ledger is not 64 bytes', changedLedger((lines) => lines.with(2, 'hello'))],
  [
    'a line is in capitals',
    2,
    'line 1 of the ledger is not 64 bytes',
    changedLedger((lines) => lines.with(0, lines[0]?.toUpperCase() as string)),
  ],
]

describe('verifying with a ledger', () => seesEach(ABOUT_LEDGERS))
