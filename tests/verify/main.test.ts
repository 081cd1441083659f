import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { main } from '../../src/verify/main.ts'
import { honest } from './lies.ts'
import { WITNESSES } from './scenario.ts'

const folder = mkdtempSync(join(tmpdir(), 'verify-'))
afterAll(() => rmSync(folder, { recursive: true }))

const save = (name: string, content: string) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const { lottery, world } = honest
const evidence = save('evidence.json', JSON.stringify(lottery.evidence))
const log = save('log.ndjson', `${world.lines.join('\n')}\n`)
const ledger = save('ledger.txt', `${lottery.ledger.join('\n')}\n`)
const receipt = save('receipt.json', JSON.stringify(lottery.receipt(4)))
const broken = save(
  'broken.json',
  JSON.stringify({ ...lottery.receipt(4), checkpoint: world.sign('lottery.test/2023-08-22', 7, Buffer.alloc(32)) }),
)
const trusted = ['--key', world.key.vkey, ...WITNESSES.flatMap(({ vkey }) => ['--witness', vkey])]

async function run(...args: string[]) {
  const lines: string[] = []
  const exit = await main(args, { folder, print: (line) => void lines.push(line) })
  return { exit, text: lines.join('\n') }
}

describe('the command line', () => {
  it('exits with 0 when the lottery is verified', async () => {
    const { exit, text } = await run(evidence, ...trusted, '--audit-log', log, '--ledger', ledger, '--receipt', receipt)

    expect(text).toMatch(/^verified: /m)
    expect(exit).toBe(0)
  })

  it('exits with 3 when the lottery re-computes, and lists what is missing', async () => {
    const { exit, text } = await run(evidence)

    expect(text).toContain('Missing for "verified"')
    expect(exit).toBe(3)
  })

  it('exits with 1 when a check fails, and saves the notes that prove a broken promise', async () => {
    const { exit, text } = await run(evidence, '--receipt', broken)

    expect(text).toContain('Proof of a broken promise')
    expect(readdirSync(folder).filter((name) => name.endsWith('.note'))).toHaveLength(2)
    expect(exit).toBe(1)
  })

  it.each([
    ['no evidence', []],
    ['two documents', [evidence, evidence]],
    ['a file that is not there', [join(folder, 'absent')]],
    ['a file that is no evidence', [ledger]],
    ['an unknown option', [evidence, '--surprise']],
    ['an empty option', [evidence, '--key', '']],
    ['an empty witness', [evidence, '--witness', '']],
    ['an option without its value', [evidence, '--key']],
    ['an option given twice', [evidence, '--key', world.key.vkey, '--key', world.key.vkey]],
    ['a quorum that is no number', [evidence, '--quorum', 'two']],
    ['an evidence given as a ledger', [evidence, '--ledger', evidence]],
  ])('exits with 2 for %s', async (_, args) => {
    const { exit, text } = await run(...args)

    expect(text).toContain('No verdict: ')
    expect(exit).toBe(2)
  })

  it('runs as a program', () => {
    const program = ['src/verify/main.ts', evidence, ...trusted, '--audit-log', log]

    expect(execFileSync(process.execPath, program, { encoding: 'utf8' })).toContain('verified: ')
  })
})
