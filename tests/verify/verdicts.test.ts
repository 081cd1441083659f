import { describe, expect, it } from 'vitest'
import { forgeBallots, userOf } from '../support/forge/draw.ts'
import { forgeBeacon } from '../support/forge/keys.ts'
import { BALLOTS, DUE, exclusionsBy, HOUR, IN_TIME, SEALED_AT, scenario, WITNESSES } from './scenario.ts'
import { verdictOf } from './verdict.ts'

const honest = scenario()
const sealedSize = honest.lottery.sealed.index + 1
const unwitnessed = { witnesses: [] }

describe('verifying an honest lottery', () => {
  it('says verified when witnesses saw the seal in time', async () => {
    const { exit, text } = await verdictOf(honest.inputs())

    expect(text).toContain('Witness witness2.test saw the seal at 2023-08-23T15:58:28.000Z.')
    expect(text).toContain('2 won of 4 ballots that could. Prizes: 2. Ballots: 6, 2 of them excluded.')
    expect(text).toContain('2 exclusions are by bans within 24 hours before the seal; 2 of these bans were lifted')
    expect(text).toContain('The draw was late')
    expect(exit).toBe(0)
  })

  it('says verified when the reader kept the seal hash', async () => {
    const { exit, text } = await verdictOf(honest.inputs({ ...unwitnessed, sealHash: honest.lottery.sealHash }))

    expect(text).toContain('you say that you had this before 2023-08-23T15:59:24.000Z')
    expect(exit).toBe(0)
  })

  it.each([
    ['without cosignatures', []],
    ['with cosignatures in time', WITNESSES.map((key) => [key, IN_TIME] as const)],
  ] as const)('says verified when the reader kept a checkpoint %s', async (_, cosignings) => {
    const checkpoint = honest.world.auditCheckpoint(sealedSize, cosignings)
    const { exit, text } = await verdictOf(honest.inputs({ ...unwitnessed, checkpoint }))

    expect(text).toContain('you say that you had this before 2023-08-23T15:59:24.000Z')
    expect(exit).toBe(0)
  })

  it('says verified by what was kept, also when too few witnesses saw the seal', async () => {
    const { inputs, lottery } = scenario({ cosignings: [] })

    expect((await verdictOf(inputs())).exit).toBe(3)
    expect((await verdictOf(inputs({ sealHash: lottery.sealHash }))).exit).toBe(0)
  })

  it.each([
    ['at the first second that counts', SEALED_AT / 1000 - 5, 0],
    ['a second earlier', SEALED_AT / 1000 - 6, 3],
    ['at the last second that counts', DUE - 3, 0],
    ['a second later', DUE - 2, 3],
  ])('counts a cosignature %s', async (_, time, exit) => {
    const { inputs } = scenario({ cosignings: WITNESSES.map((key) => [key, time] as const) })

    expect((await verdictOf(inputs())).exit).toBe(exit)
  })

  it('needs more than half of the witnesses', async () => {
    const [one, two] = [1, 2].map((n) => scenario({ cosignings: WITNESSES.slice(0, n).map((key) => [key, IN_TIME]) }))

    expect((await verdictOf(one?.inputs() as never)).exit).toBe(3)
    expect((await verdictOf(two?.inputs() as never)).exit).toBe(0)
    expect((await verdictOf(two?.inputs({ quorum: 3 }) as never)).text).toContain('3 of your 3 witnesses: 2 saw')
    expect((await verdictOf(honest.inputs({ quorum: 3 }))).exit).toBe(0)
  })

  it('agrees with the ledger, the evidence before it, a receipt and a proof', async () => {
    const receipt = JSON.stringify(honest.lottery.receipt(4))
    const previous = JSON.stringify(honest.previous.evidence)
    for (const proof of [JSON.stringify(honest.lottery.proof(4)), honest.lottery.textProof(4)]) {
      const { exit, text } = await verdictOf(honest.inputs({ ledger: honest.ledger(), receipt, previous, proof }))
      expect(text).not.toContain('FAILED')
      expect(exit).toBe(0)
    }
  })

  it('accepts other whitespace, escapes and order of fields', async () => {
    const { evidence } = honest.lottery
    for (const text of [
      `${JSON.stringify(evidence, null, 2)}\n`,
      JSON.stringify(evidence).replaceAll('—', '\\u2014'),
      JSON.stringify(Object.fromEntries(Object.entries(evidence).reverse())),
    ]) {
      expect((await verdictOf(honest.inputs({ evidence: text }))).exit).toBe(0)
    }
  })

  it('accepts a lottery without ballots, and one in which every ballot is excluded', async () => {
    const empty = scenario({ ballots: [], exclusions: [] })
    const excluded = scenario((_, ban) => ({
      ballots: BALLOTS.slice(1, 2),
      exclusions: exclusionsBy(ban.event.id)
        .slice(0, 1)
        .map((exclusion) => ({ ...exclusion, ordinal: 1 })),
    }))

    for (const { inputs, ledger } of [empty, excluded]) {
      const { exit, text } = await verdictOf(inputs({ ledger: ledger() }))
      expect(text).toContain('0 won of 0 ballots that could')
      expect(exit).toBe(0)
    }
  })
})

describe('what is missing for the verdict verified', () => {
  it.each([
    ['the key', { key: undefined }, "the key is the file's own"],
    ['the audit log', { auditLog: undefined }, '--audit-log'],
    ['witnesses and a kept seal', { witnesses: [] }, '--witness, or --seal-hash or --checkpoint'],
  ])('names %s', async (_, without, missing) => {
    const { exit, text } = await verdictOf(honest.inputs(without))

    expect(text).toContain(missing)
    expect(text).toContain('could have been chosen by the operator')
    expect(exit).toBe(3)
  })

  it('names the randomness of a lottery by commit-reveal, whatever else there is', async () => {
    const { inputs, lottery } = scenario({ kind: 'commit-reveal' })
    const commitment = lottery.evidence.entropy['commitment'] as string
    const bare = await verdictOf(inputs({ witnesses: [], auditLog: undefined }))
    const kept = await verdictOf(inputs({ commitment, sealHash: lottery.sealHash }))

    expect([bare.exit, kept.exit]).toEqual([3, 3])
    expect(bare.text).not.toContain('unchanged since its seal')
    expect(kept.text).toContain(
      'unchanged since its seal; whoever knew the secret could have chosen what was sealed. The result could have been chosen by the operator',
    )
  })

  it('names quicknet when the reader names another chain', async () => {
    const beacon = forgeBeacon()
    const { inputs } = scenario({ beacon })
    const { exit, text } = await verdictOf(inputs({ chain: JSON.stringify(beacon.chain) }))

    expect(text).toContain('a draw with quicknet')
    expect(exit).toBe(3)
  })
})

describe('what became of a ballot', () => {
  const winner = honest.lottery.evidence.winners[1]?.['ordinal'] as number
  const loser = [1, 3, 4, 6].find((o) => honest.lottery.evidence.winners.every((w) => w['ordinal'] !== o)) as number

  it.each([
    ['won', winner, `ordinal ${winner}, won rank 2.`],
    ['did not win', loser, `ordinal ${loser}, did not win.`],
    [
      'could not win',
      5,
      `ordinal 5, could not win: its user was banned at ${new Date(SEALED_AT - HOUR).toISOString()}, by event`,
    ],
  ])('is said in words when it %s', async (_, ordinal, words) => {
    const { exit, text } = await verdictOf(honest.inputs({ receipt: JSON.stringify(honest.lottery.receipt(ordinal)) }))

    expect(text).toContain(words)
    expect(exit).toBe(0)
  })
})

describe('a draw with a beacon of any period', () => {
  it.each([
    [1, 0, false],
    [3, 49_999, false],
    [3, 50_001, true],
    [30, 3_600_000, true],
  ])('finds the round, with period %i and a seal %i ms after midnight', async (period, delay, isLate) => {
    const beacon = forgeBeacon({ period, genesis: 1_692_803_367 })
    const date = '2026-11-22'
    const { inputs } = scenario((world) => ({
      beacon,
      date,
      ballots: forgeBallots(date, 4),
      exclusions: [],
      beforeSeal: () => world.unban(userOf(2), Date.parse(date)),
      sealedAt: Date.parse('2026-11-23') + delay,
    }))
    const { exit, text } = await verdictOf(inputs({ chain: JSON.stringify(beacon.chain), witnesses: [] }))

    expect(text.includes('The draw was late')).toBe(isLate)
    expect(exit).toBe(3)
  })
})
