import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifierHtml } from '../../src/pages/verifier-html.ts'
import {
  accessibilityFindings,
  hasChromium,
  launchChromium,
  listenFor,
  openPage,
  overhang,
} from '../support/chromium.ts'
import { memoryParts } from '../support/memory-app.ts'
import { BANNED_DAY, playThreeDays } from '../support/three-days.ts'
import { honest } from '../verify/lies.ts'
import { linesOf } from '../verify/scenario.ts'
import { appThatChecks } from './checking-app.ts'
import { answerOf, handOver } from './handing-over.ts'
import { saidByCommandLine } from './said.ts'

const { lottery, world } = honest
const broken = { ...lottery.receipt(4), checkpoint: world.sign('lottery.test/2023-08-22', 7, Buffer.alloc(32)) }

describe.skipIf(!hasChromium('tests/pages/verify.e2e.test.ts'))('checking a draw in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'verify-page-'))
  const file = join(folder, 'verifier.html')
  let browser: Browser
  let app: FastifyInstance
  let origin: string
  let single: string

  beforeAll(async () => {
    const parts = memoryParts()
    await playThreeDays(parts)
    app = await appThatChecks(parts)
    origin = await listenFor(app)
    writeFileSync(file, verifierHtml().body)
    single = pathToFileURL(file).href
    browser = await launchChromium(['--host-resolver-rules=MAP lottery.test 127.0.0.1'])
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    rmSync(folder, { recursive: true })
  })

  it('fetches the documents of a day from the service', async () => {
    const { page, complaints } = await openPage(browser, origin)
    await page.goto(`${origin}/verify?date=${BANNED_DAY}`)
    await page.getByRole('button', { name: 'Check the draw' }).click()
    const texts = await Promise.all(
      ['evidence', 'ledger'].map(async (name) => (await app.inject(`/lotteries/${BANNED_DAY}/${name}`)).body),
    )
    const [evidence = '', ledger = ''] = texts
    const log = (await app.inject('/audit/log')).body

    const inputs = {
      evidence,
      ledger: linesOf(ledger.trimEnd().split('\n')),
      auditLog: linesOf(log.trimEnd().split('\n')),
    }
    expect(await answerOf(page)).toBe((await saidByCommandLine(inputs)).text)
    expect(await page.getByRole('status').textContent()).toMatch(/^re-computes: /)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('fetches the documents of another operator, where that one allows it', async () => {
    const { page } = await openPage(browser, origin)
    const evidence = JSON.stringify(lottery.evidence)
    const allowed = { open: origin, closed: 'https://another.test' }
    for (const [name, allow] of Object.entries(allowed)) {
      const headers = { 'access-control-allow-origin': allow }
      await page.route(`https://${name}.test/evidence`, (route) => route.fulfill({ body: evidence, headers }))
    }
    const answers: string[] = []
    for (const operator of ['https://open.test', 'https://closed.test', 'http://open.test']) {
      await page.goto(`${origin}/verify`)
      await handOver(page, { evidence: `${operator}/evidence` })
      answers.push(await answerOf(page))
    }

    expect(answers[0]).toBe((await saidByCommandLine({ evidence })).text)
    expect(answers[1]).toBe('No verdict: https://closed.test/evidence could not be fetched: Failed to fetch.')
    expect(answers[2]).toMatch(/^No verdict: http:\/\/open.test\/evidence could not be fetched: /)
    await page.context().close()
  })

  it('runs on plain http, where the browser has no cryptography of its own, and says what a URL answers', async () => {
    const plain = origin.replace('127.0.0.1', 'lottery.test')
    const { page, complaints } = await openPage(browser, plain)
    await page.goto(`${plain}/verify?date=${BANNED_DAY}`)
    expect(await page.evaluate('isSecureContext')).toBe(false)
    await page.getByRole('button', { name: 'Check the draw' }).click()
    expect(await answerOf(page)).toContain('re-computes: ')
    await page.getByLabel('Or its text').first().fill('/lotteries/2026-01-01/evidence')
    await page.getByRole('button', { name: 'Check the draw' }).click()

    await page
      .getByText(`No verdict: ${plain}/lotteries/2026-01-01/evidence answered 404 lottery_not_found`)
      .first()
      .waitFor()
    expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([])
    await page.context().close()
  })

  it('gives the notes of a broken promise as files', async () => {
    const { page } = await openPage(browser, origin)
    await page.goto(`${origin}/verify`)
    await handOver(page, honest.inputs({ receipt: JSON.stringify(broken) }))
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: /^proof-.*a\.note$/ }).click()

    expect((await download).suggestedFilename()).toMatch(/^proof-lottery\.test-.*-1-a\.note$/)
    await page.context().close()
  })

  it('takes a dropped file in place of a text, and a text in place of a file', async () => {
    const { page } = await openPage(browser, origin)
    await page.goto(`${origin}/verify?date=${BANNED_DAY}`)
    const text = page.locator('[name=evidence]')
    await page.locator('[name=evidence-file]').setInputFiles({ name: 'e', mimeType: '', buffer: Buffer.from('{}') })
    expect(await text.inputValue()).toBe('')
    await text.fill('{')
    expect(await page.locator('[name=evidence-file]').inputValue()).toBe('')
    const drop = await page.evaluateHandle(`(() => {
      const handed = new DataTransfer()
      handed.items.add(new File(['{}'], 'dropped.json'))
      return handed
    })()`)
    await page.dispatchEvent('[name=evidence]', 'drop', { dataTransfer: drop })
    expect(await page.locator('[name=evidence-file]').inputValue()).toContain('dropped.json')
    expect(await text.inputValue()).toBe('')
    await page.context().close()
  })

  it('lets no script start another worker, and connects to nothing itself', async () => {
    const { page } = await openPage(browser, origin)
    await page.goto(`${origin}/verify`)
    expect(await page.evaluate("fetch('/keys').then(() => 'sent', () => 'refused')")).toBe('refused')
    expect(
      await page.evaluate("(() => { try { new Worker('/assets/verify-worker.js') } catch { return 'refused' } })()"),
    ).toBe('refused')
    await page.goto(single)
    expect(await page.evaluate(`fetch('${origin}/keys').then(() => 'sent', () => 'refused')`)).toBe('refused')
    await page.context().close()
  })

  it.each(['light', 'dark'] as const)('has no serious finding of axe-core, in %s', async (colorScheme) => {
    const { page } = await openPage(browser, origin, { bypassCSP: true, colorScheme })
    await page.goto(`${origin}/verify`)
    for (const summary of await page.locator('summary').all()) await summary.click()
    await handOver(page, honest.inputs({ receipt: JSON.stringify(broken) }))
    await answerOf(page)
    expect(await accessibilityFindings(page)).toEqual([])
    await page.context().close()
  })

  it('fits a phone of 360 pixels, also as a single file', async () => {
    const { page } = await openPage(browser, origin, { viewport: { width: 360, height: 740 } })
    for (const url of [`${origin}/verify?date=${BANNED_DAY}`, single]) {
      await page.goto(url)
      for (const summary of await page.locator('summary').all()) await summary.click()
      await handOver(page, honest.inputs({ receipt: JSON.stringify(broken) }))
      await answerOf(page)
      expect([url, await overhang(page)]).toEqual([url, 0])
    }
    await page.context().close()
  })

  it('can be filled by keyboard alone', async () => {
    const { page } = await openPage(browser, origin)
    await page.goto(`${origin}/verify`)
    await page.locator('[name=evidence-file]').focus()
    const stops: string[] = []
    for (let n = 0; n < 9; n += 1) {
      stops.push(await page.locator(':focus').evaluate((element) => element.getAttribute('name') ?? element.tagName))
      await page.keyboard.press('Tab')
    }
    await page.locator('[name=key]').press('Enter')

    const documents = ['evidence', 'auditLog', 'ledger'].flatMap((name) => [`${name}-file`, name])
    expect(stops).toEqual([...documents, 'key', 'witnesses', 'quorum'])
    expect(await answerOf(page)).toBe('No verdict: the evidence is not JSON.')
    await page.context().close()
  })
})
