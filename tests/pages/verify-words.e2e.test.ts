import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifierHtml } from '../../src/pages/verifier-html.ts'
import type { Inputs } from '../../src/verify/verify.ts'
import { hasChromium, launchChromium, listenFor, openPage } from '../support/chromium.ts'
import { forged, honest } from '../verify/lies.ts'
import { linesOf } from '../verify/scenario.ts'
import { appThatChecks } from './checking-app.ts'
import { answerOf, handOver } from './handing-over.ts'
import { saidByCommandLine } from './said.ts'

const { lottery, world } = honest
const MARKUP = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
const broken = { ...lottery.receipt(4), checkpoint: world.sign('lottery.test/2023-08-22', 7, Buffer.alloc(32)) }

const proven = { receipt: JSON.stringify(lottery.receipt(4)), proof: JSON.stringify(lottery.proof(4)) }
const kept = {
  sealHash: lottery.sealHash,
  checkpoint: lottery.evidence.audit.checkpoint,
  previous: JSON.stringify(honest.previous.evidence),
  quorum: 3,
}

/** A part of the corpus of lies, with every field of the form. */
const HANDED: readonly (readonly [string, () => Inputs])[] = [
  ['a verified lottery', () => honest.inputs({ ledger: honest.ledger(), receipt: JSON.stringify(lottery.receipt(4)) })],
  ['evidence alone', () => ({ evidence: JSON.stringify(lottery.evidence) })],
  ['a proof in place of the ledger, and what was kept', () => honest.inputs({ ...proven, ...kept })],
  ['another commitment and a wrong quorum', () => honest.inputs({ commitment: '0'.repeat(64), quorum: 1 })],
  ['another ballot that is said to win', forged({ indexes: [1, 2] })],
  ['a broken promise', () => honest.inputs({ receipt: JSON.stringify(broken) })],
  ['a ledger with a foreign line', () => honest.inputs({ ledger: linesOf([...lottery.ledger, MARKUP]) })],
  ['a log of markup', () => honest.inputs({ auditLog: linesOf([JSON.stringify({ [MARKUP]: MARKUP })]) })],
  ['evidence of markup', () => ({ evidence: JSON.stringify({ ...lottery.evidence, [MARKUP]: MARKUP }) })],
]

describe.skipIf(!hasChromium('tests/pages/verify-words.e2e.test.ts'))('the words of a check in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'verify-words-'))
  const file = join(folder, 'verifier.html')
  let browser: Browser
  let app: FastifyInstance
  let pages: { page: Page; complaints: string[]; url: string }[]

  beforeAll(async () => {
    app = await appThatChecks()
    writeFileSync(file, verifierHtml().body)
    const origin = await listenFor(app)
    browser = await launchChromium()
    pages = [
      { ...(await openPage(browser, origin)), url: `${origin}/verify` },
      { ...(await openPage(browser, 'file:')), url: pathToFileURL(file).href },
    ]
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    rmSync(folder, { recursive: true })
  })

  it.each(HANDED)('are those of the command line, on the page and in the single file: %s', async (_, inputs) => {
    const expected = await saidByCommandLine(inputs())
    for (const { page, complaints, url } of pages) {
      await page.goto(url)
      await handOver(page, inputs())

      expect(await answerOf(page)).toBe(expected.text)
      expect(await page.locator('img, main script').count()).toBe(0)
      expect(complaints).toEqual([])
    }
  })
})
