import type { FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import {
  accessibilityFindings,
  hasChromium,
  launchChromium,
  listenFor,
  openPage,
  overhang,
} from '../support/chromium.ts'
import type { MemoryParts } from '../support/memory-app.ts'
import { BANNED_DAY, OPEN_DAY } from '../support/three-days.ts'
import { aService, EMAIL, EVIL_NAME, NEXT_DAY, signIn, type Visit, visit } from './console-visit.ts'

const MARKUP = ['<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', 'javascript:alert(1)'].join(' ')

describe.skipIf(!hasChromium('tests/pages/console.e2e.test.ts'))('the console in a browser', () => {
  let browser: Browser
  let parts: MemoryParts
  let app: FastifyInstance
  let origin: string

  beforeAll(async () => {
    parts = await aService()
    app = await buildApp(parts, { maxEventLoopDelayMs: 0 })
    origin = await listenFor(app)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
  })

  const as = (role: 'operator' | 'auditor' | 'participant', options = {}): Promise<Visit> =>
    visit(browser, origin, { role, now: parts.clock.now() }, options)

  const findUser = async (page: Page, asked: string) => {
    await page.getByLabel(/user id/i).fill(asked)
    await page.getByRole('button', { name: 'Find' }).click()
  }
  const said = (page: Page, part: string, text: string | RegExp) =>
    page.locator(`#${part} .status`, { hasText: text }).waitFor()

  it('lets an operator ban and unban, and first says which open lotteries it touches', async () => {
    const { page, complaints } = await as('operator')
    const dialog = page.getByRole('dialog')
    await findUser(page, EMAIL)
    await page.getByRole('button', { name: 'Ban', exact: true }).click()

    expect(await dialog.textContent()).toContain(`2 ballots in ${NEXT_DAY}`)
    expect(await page.locator(':focus').textContent()).toBe('Cancel')
    expect(await dialog.textContent()).toMatch(/curl -X POST -H "Authorization: Bearer \$TOKEN" '[^']*\/ban'/)
    await page.keyboard.press('Escape')
    await said(page, 'users', 'Nothing was changed.')
    expect((await parts.user.findUser.byEmail(EMAIL))?.bannedAt).toBe(null)

    await page.getByRole('button', { name: 'Ban', exact: true }).click()
    await dialog.getByRole('button', { name: 'Ban' }).click()
    await said(page, 'users', 'The user is banned.')
    expect((await parts.user.findUser.byEmail(EMAIL))?.bannedAt).toBe(parts.clock.now())

    await page.getByRole('button', { name: 'Unban' }).click()
    await dialog.getByRole('button', { name: 'Unban' }).click()
    await said(page, 'users', 'The user is not banned any more.')
    expect((await parts.user.findUser.byEmail(EMAIL))?.bannedAt).toBe(null)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('shows an auditor everything, and nothing that changes anything', async () => {
    const { page } = await as('auditor')
    const user = await parts.user.findUser.byEmail(EMAIL)
    await findUser(page, String(user?.id))
    await page.getByText(EVIL_NAME).waitFor()
    await page.locator('#lotteries td', { hasText: 'overdue' }).waitFor()

    expect(await page.getByRole('button', { name: /^(close|ban|unban)/i }).count()).toBe(0)
    expect(await page.locator('#users').textContent()).toContain(`2 ballots in ${NEXT_DAY}`)
    await findUser(page, EMAIL)
    await said(page, 'users', /operator/) // the detail of the 403
    await page.context().close()
  })

  it('lets an operator close an overdue lottery, and shows its result', async () => {
    const later = parts.clock.now() + 10 * 60_000
    const { page, complaints } = await visit(browser, origin, { role: 'operator', now: later })
    await page.locator('#lotteries td', { hasText: 'failed' }).waitFor()
    expect(await page.locator('#lotteries tbody tr').count()).toBe(1)
    expect(await page.locator('#lotteries tbody').textContent()).toContain(`/lotteries/close?date=${OPEN_DAY}'`)
    await page.getByRole('button', { name: `Close ${OPEN_DAY}` }).click()
    await said(page, 'lotteries', /^2026-03-10: closed, ballot [-0-9a-f]{36} won$/)

    await page.getByText('No lottery is overdue or waits.').waitFor()
    expect((await parts.lottery.findLottery.execute(OPEN_DAY)).draw).not.toBe(null)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('shows the lotteries of a status page by page, and those that wait for a round', async () => {
    const { page } = await as('auditor')
    const lotteries = page.locator('#lotteries')
    await page.route('**/lotteries?status=closed*', (route) =>
      route.continue({ url: `${route.request().url()}&limit=2` }),
    )
    await page.route('**/lotteries?status=sealed*', async (route) => {
      const items = [await (await route.fetch({ url: `${origin}/lotteries/${BANNED_DAY}` })).json()]
      const sealed = { ...items[0], status: 'sealed', closed_at: null, entropy: { kind: 'drand', round: 77 } }
      await route.fulfill({ json: { items: [sealed], next_cursor: null } })
    })
    await lotteries.getByLabel('Show').selectOption('closed')
    await lotteries.getByRole('button', { name: 'Show lotteries' }).click()
    await lotteries.getByRole('button', { name: 'More' }).click()
    await lotteries.locator('tbody tr').nth(2).waitFor()
    await lotteries.getByLabel('Show').selectOption('')
    await lotteries.getByRole('button', { name: 'Show lotteries' }).click()
    await lotteries.getByText('sealed, waits for its draw (round 77)').waitFor()
    await page.context().close()
  })

  it('checks the proofs of the audit log, and says so when an entry is not what was logged', async () => {
    const { page, complaints } = await as('auditor')
    const audit = page.locator('#audit')
    await audit.getByLabel('Aggregate').fill(`lottery/${BANNED_DAY}`)
    await audit.getByLabel('Type').selectOption('lottery.sealed.v1')
    await audit.getByRole('button', { name: 'Show entries' }).click()
    await audit.getByRole('button', { name: /^Check the proof/ }).click()
    await audit.getByText(/^In the log: leaf hash [0-9a-f]{64}, and root [0-9a-f]{64} of the checkpoint/).waitFor()
    expect(await audit.locator('tbody tr').count()).toBe(1)

    await page.route('**/audit?*', async (route) => {
      const text = await (await route.fetch()).text()
      await route.fulfill({
        body: text.replace('"excluded_count":1', '"excluded_count":0'),
        contentType: 'application/json',
      })
    })
    await audit.getByRole('button', { name: 'Show entries' }).click()
    await audit.getByText('"excluded_count": 0').waitFor({ state: 'attached' })
    await audit.getByRole('button', { name: /^Check the proof/ }).click()
    await audit.getByText(/^WRONG: the leaf hash of this event/).waitFor()
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('shows the whole audit log page by page', async () => {
    const { page } = await as('auditor')
    const audit = page.locator('#audit')
    await page.route('**/audit?*', (route) => route.continue({ url: `${route.request().url()}&limit=10` }))
    await page.route('**/audit', (route) => route.continue({ url: `${origin}/audit?limit=10` }))
    await audit.getByRole('button', { name: 'Show entries' }).click()
    await audit.locator('tbody tr').nth(9).waitFor()
    await audit.getByRole('button', { name: 'More' }).click()
    await audit.locator('tbody tr').nth(19).waitFor()
    expect(await audit.locator('tbody th').allTextContents()).toEqual(Array.from({ length: 20 }, (_, n) => String(n)))
    await page.context().close()
  })

  it('shows the newest entries of the audit log first, with proofs too', async () => {
    const { page, complaints } = await as('auditor')
    const audit = page.locator('#audit')
    await audit.getByRole('button', { name: 'Newest' }).click()
    await audit.locator('tbody tr').first().waitFor()
    const indexes = (await audit.locator('tbody th').allTextContents()).map(Number)
    await audit.getByRole('button', { name: `Check the proof of entry ${indexes[0]}`, exact: true }).click()
    await audit.getByText(/^In the log: /).waitFor()

    expect(indexes).toEqual(indexes.map((_, n) => indexes.length - 1 - n))
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('keeps the token out of addresses, of the storage and of the document, and forgets it', async () => {
    const { page, token } = await as('operator')
    const urls: string[] = []
    page.on('request', (request) => urls.push(request.url()))
    await findUser(page, EMAIL)
    await page.getByText(EVIL_NAME).waitFor()
    const signature = token.split('.')[2] as string
    const kept =
      'JSON.stringify([document.documentElement.outerHTML, location.href, history.state, {...localStorage}, {...sessionStorage}, document.cookie, [...document.querySelectorAll("input,textarea,select")].map((field) => field.value)])'

    expect(urls.length).toBeGreaterThan(1)
    expect([urls.join(' '), await page.evaluate(kept)].filter((text) => String(text).includes(signature))).toEqual([])
    expect(await page.context().storageState()).toEqual({ cookies: [], origins: [] })
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Access token').waitFor()
    expect(await page.locator('#signed-in').isVisible()).toBe(false)
    await page.context().close()
  })

  it('refuses what is no token, and a token that the service does not accept', async () => {
    const { page } = await openPage(browser, origin)
    await page.goto(`${origin}/console`)
    await signIn(page, 'hello')
    await page.getByRole('alert').getByText('This is no access token').waitFor()
    await signIn(page, 'e30.e30.AAAA')
    await page.getByRole('alert').getByText(/token/i).waitFor()
    expect(await page.locator('#signed-in').isVisible()).toBe(false)
    await page.context().close()
  })

  it('never runs the text of users or of the service', async () => {
    const { page, complaints } = await as('operator')
    const user = { id: MARKUP, email: MARKUP, name: MARKUP, banned_at: null }
    await page.route('**/users?*', (route) => route.fulfill({ json: { items: [user], next_cursor: null } }))
    await page.route('**/ballots?*', (route) => route.fulfill({ json: { items: [], next_cursor: null } }))
    await findUser(page, EMAIL)
    await page.locator('#users dd', { hasText: 'onerror' }).first().waitFor()
    await page.getByRole('button', { name: 'Ban', exact: true }).click()
    await page.getByRole('dialog').getByText('onerror').first().waitFor()

    expect(await page.locator('main :is(img, script)').count()).toBe(0)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it.each([
    ['light', 1_200],
    ['dark', 360],
  ] as const)('has no serious finding of axe-core in %s, and fits %i pixels', async (colorScheme, width) => {
    const viewport = { width, height: 740 }
    const { page } = await as('operator', { bypassCSP: true, colorScheme, viewport })
    await findUser(page, EMAIL)
    await page.locator('#audit').getByRole('button', { name: 'Show entries' }).click()
    await page.locator('#audit tbody tr').first().waitFor()
    await page.getByText(EVIL_NAME).waitFor()

    expect([await accessibilityFindings(page), await overhang(page)]).toEqual([[], 0])
    await page.getByRole('button', { name: 'Ban', exact: true }).click()
    await page.getByRole('dialog').waitFor()
    expect([await accessibilityFindings(page), await overhang(page)]).toEqual([[], 0])
    await page.context().close()
  })
})
