import { describe, expect, it, vi } from 'vitest'
import { honest } from './lies.ts'
import { scenario } from './scenario.ts'
import { verdictOf } from './verdict.ts'

vi.setConfig({ testTimeout: 30_000 })

const text = JSON.stringify(honest.lottery.evidence)
const byCommitReveal = scenario({ kind: 'commit-reveal' })
const changedAt = (original: string, at: number, other: string) =>
  original.slice(0, at) + other + original.slice(at + 1)

describe('evidence with one character changed', () => {
  it('never verifies when all three witnesses are needed, and never stops the verifier', async () => {
    const handed = () => ({ quorum: 3, ledger: honest.ledger() })
    const accepted: number[] = []
    for (let at = 0; at < text.length; at += 149) {
      const evidence = changedAt(text, at, text[at] === '1' ? '0' : '1')
      if ((await verdictOf(honest.inputs({ ...handed(), evidence }))).exit === 0) accepted.push(at)
    }

    expect((await verdictOf(honest.inputs(handed()))).exit).toBe(0)
    expect(accepted).toEqual([])
  })

  it('never re-computes when nobody cosigned', async () => {
    const handed = () => ({ witnesses: [], ledger: byCommitReveal.ledger() })
    const original = byCommitReveal.inputs({}, ({ audit }) => Object.assign(audit, { witnessed: null })).evidence
    const accepted: number[] = []
    for (let at = 0; at < original.length; at += 23) {
      const evidence = changedAt(original, at, String.fromCharCode(original.charCodeAt(at) ^ 1))
      const { exit } = await verdictOf(byCommitReveal.inputs({ ...handed(), evidence }))
      if (exit === 0 || exit === 3) accepted.push(at)
    }

    expect((await verdictOf(byCommitReveal.inputs({ ...handed(), evidence: original }))).exit).toBe(3)
    expect(accepted).toEqual([])
  })

  it('is no evidence when it is cut off', async () => {
    for (let length = 0; length < text.length; length += 101)
      expect((await verdictOf({ evidence: text.slice(0, length) })).exit).toBe(2)
  })
})

describe('a document that is no evidence', () => {
  const fields = Object.keys(honest.lottery.evidence)

  it.each(fields)('lacks the field %s', async (field) => {
    const evidence = JSON.stringify({ ...honest.lottery.evidence, [field]: undefined })

    expect((await verdictOf({ evidence })).text).toContain(field)
    expect((await verdictOf({ evidence })).exit).toBe(2)
  })

  it.each([
    ['an unknown field', text.replace('{', '{"surprise":1,'), 'unknown field surprise'],
    ['a key of prototypes', text.replace('{', '{"__proto__":1,'), 'unknown field __proto__'],
    ['a field twice', text.replace('{', '{"prizes":2,'), 'the field "prizes" twice'],
    ['a field twice, spelled otherwise', text.replace('{', '{"\\u0070rizes":2,'), 'twice'],
    ['a lone surrogate', text.replace('"service"', '"\\ud800"'), 'lone surrogate'],
    ['a number of 2^53', text.replace('"prizes":2', '"prizes":9007199254740992'), 'not an integer below 2^53'],
    ['a number with an exponent', text.replace('"prizes":2', '"prizes":2e0'), 'not an integer below 2^53'],
    ['hex in capitals', text.replace(/"seed":"[^"]*"/, `"seed":"${'AB'.repeat(32)}"`), 'seed'],
    ['a day that does not exist', text.replace('"2023-08-22"', '"2023-02-30"'), 'no day of the calendar'],
    ['a byte order mark', `\ufeff${text}`, 'not JSON'],
    ['no object', '[]', 'not an object'],
    ['no text', '', 'not JSON'],
    [
      'an error response',
      '{"type":"urn:lottery:problem:lottery_not_closed","title":"Not closed","status":404,"detail":"d","code":"lottery_not_closed","request_id":"r"}',
      'an error response that was saved: 404 lottery_not_closed',
    ],
  ])('has %s', async (_, evidence, says) => {
    const verdict = await verdictOf({ evidence })

    expect(verdict.text).toContain(says)
    expect(verdict.exit).toBe(2)
  })
})
