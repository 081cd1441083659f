import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { main } from '../../src/verify/main.ts'
import { leaf, rootOfPath } from '../../src/verify/merkle.ts'
import { fromHex } from '../../src/verify/primitives.ts'
import { verify } from '../../src/verify/verify.ts'
import { type ArchivedMonth, LARGE, LAST, openArchivedMonth } from '../support/archived-month.ts'
import { SIGNER } from '../support/ledger.ts'
import { evidenceOf, linesIn } from '../support/verifying.ts'

interface Kept {
  readonly receipt: string
  readonly proof: string
  readonly textProof: string
}

let month: ArchivedMonth
let app: FastifyInstance
/** What participants kept before the month was archived. */
let kept: readonly Kept[]
let verdictBefore: number

beforeAll(async () => {
  month = await openArchivedMonth()
  app = await month.app()
  kept = await Promise.all(month.receipts.map(keptWith))
  verdictBefore = await verdict('before.json')
  expect(await month.archive()).toEqual(['dropped'])
})
afterAll(() => month.close())

it('every ballot is proven against the sealed root after its row was dropped', async () => {
  for (const [day, count] of [
    [LARGE, 300],
    [LAST, 3],
  ] as const) {
    const { root } = await evidenceOf(app, day)
    const entries = (await app.inject(`/lotteries/${day}/ledger`)).body.trimEnd().split('\n')
    const ids = await idsOf(day)
    expect([entries.length, ids.length]).toEqual([count, count])
    for (const [index, id] of ids.entries()) {
      const { proof } = JSON.parse(await get(`/lotteries/${day}/ballots/${id}/proof`)) as { proof: readonly string[] }
      expect(rootOfPath(leaf(fromHex(entries[index] ?? '') ?? new Uint8Array()), index, count, proof)).toBe(root)
    }
  }
})

it('receipts and proofs of before verify as ever, with the ledger and the audit log of after', async () => {
  const path = `/lotteries/${LARGE}`
  const evidence = await get(`${path}/evidence`)
  for (const { receipt, proof, textProof } of kept) {
    for (const given of [proof, textProof]) {
      const ledger = linesIn(await get(`${path}/ledger`))
      const auditLog = linesIn(await get('/audit/log'))
      const inputs = { evidence, receipt, proof: given, ledger, auditLog, key: SIGNER.verifierKey }
      const { verdict: found, checks } = await verify(inputs)
      expect([found, checks.filter(({ ok }) => !ok)]).toEqual([verdictBefore, []])
    }
  }
  expect(await verdict('after.json')).toBe(verdictBefore)
})

async function keptWith(receipt: string): Promise<Kept> {
  const { id, lottery_date: day } = JSON.parse(receipt) as { readonly id: string; readonly lottery_date: string }
  const path = `/lotteries/${day}/ballots/${id}/proof`
  return { receipt, proof: await get(path), textProof: await get(path, 'text/plain') }
}

/** Exit code of `npm run verify` for the evidence. */
async function verdict(name: string): Promise<number> {
  const file = join(month.folder, name)
  await writeFile(file, await get(`/lotteries/${LARGE}/evidence`))
  return main([file, '--key', SIGNER.verifierKey], { print: () => {}, folder: month.folder })
}

async function get(url: string, accept = 'application/json'): Promise<string> {
  const { statusCode, body } = await app.inject({ url, headers: { accept } })
  expect(statusCode).toBe(200)
  return body
}

async function idsOf(day: string): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const body = await get(`/lotteries/${day}/ballots?limit=100${cursor && `&cursor=${cursor}`}`)
    const page = JSON.parse(body) as {
      readonly items: readonly { readonly id: string }[]
      readonly next_cursor: string | null
    }
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.next_cursor
  }
  return ids
}
