import type { FastifyInstance } from 'fastify'
import type { Browser } from 'playwright-core'
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
import { memoryParts } from '../support/memory-app.ts'
import { BANNED_DAY, OPEN_DAY, playThreeDays } from '../support/three-days.ts'

describe.skipIf(!hasChromium('tests/pages/pages.e2e.test.ts'))('the pages in a browser', () => {
  let browser: Browser
  let app: FastifyInstance
  let origin: string
  let paths: string[]
  let receipt: string

  beforeAll(async () => {
    const parts = memoryParts()
    const { ballots, user } = await playThreeDays(parts)
    app = await buildApp(parts, { maxEventLoopDelayMs: 0 })
    origin = await listenFor(app)
    const payload = { user_id: user, date: OPEN_DAY }
    receipt = (await app.inject({ method: 'POST', url: '/lotteries/submit', payload })).body
    const ballot = ballots.get(BANNED_DAY)?.[0]
    paths = ['/', '/results', `/results/${BANNED_DAY}`, `/results/${OPEN_DAY}`, '/draws', '/check']
    paths.push(`/check?date=${BANNED_DAY}&id=${ballot}`)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
  })

  it.each([
    ['a wide light window', { viewport: { width: 1_200, height: 800 }, colorScheme: 'light' }],
    ['a dark phone of 360 pixels', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
    ['a browser without scripts', { javaScriptEnabled: false }],
  ] as const)('load without a fault in %s, and fit', async (_, options) => {
    const { page, complaints } = await openPage(browser, origin, options)
    for (const path of paths) {
      await page.goto(origin + path)
      expect(await page.locator('h1').count()).toBe(1)
      if (!('javaScriptEnabled' in options)) expect([path, await overhang(page)]).toEqual([path, 0])
    }
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it.each(['light', 'dark'] as const)('have no serious finding of axe-core, in %s', async (colorScheme) => {
    const { page } = await openPage(browser, origin, { bypassCSP: true, colorScheme })
    for (const path of paths) {
      await page.goto(origin + path)
      expect([path, await accessibilityFindings(page)]).toEqual([path, []])
    }
    await page.context().close()
  })

  it('can be walked by keyboard: the first stop skips the menu, and every link and field is a stop', async () => {
    const { page } = await openPage(browser, origin)
    await page.goto(`${origin}/check`)
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    const stops: string[] = []
    for (let n = 0; n < 5; n += 1) {
      await page.keyboard.press('Tab')
      stops.push(await page.locator(':focus').evaluate((element) => element.tagName))
    }
    expect(stops).toEqual(['TEXTAREA', 'A', 'INPUT', 'INPUT', 'BUTTON'])
    await page.context().close()
  })

  it('look up the ballot of a receipt that is pasted, without sending its salt', async () => {
    const { page, complaints } = await openPage(browser, origin)
    const urls: string[] = []
    page.on('request', (request) => urls.push(request.url()))
    await page.goto(`${origin}/check`)
    await page.getByLabel('Your receipt').fill('{"id": 1')
    expect(await page.getByRole('alert').textContent()).toContain('This is no receipt')
    await page.getByLabel('Your receipt').fill(receipt)
    await page.getByText('In the ledger. The lottery is not drawn yet.').waitFor()

    const { id, salt } = JSON.parse(receipt) as { id: string; salt: string }
    expect(page.url()).toBe(`${origin}/check?date=${OPEN_DAY}&id=${id}`)
    expect(urls.filter((url) => url.includes(salt))).toEqual([])
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it.each(['"><img src=x onerror=alert(1)>', '</textarea><script>alert(1)</script>', "javascript:alert('1')"])(
    'never run %s',
    async (markup) => {
      const { page, complaints } = await openPage(browser, origin)
      const text = encodeURIComponent(markup)
      for (const path of [`/check?date=${text}&id=${text}`, `/results?month=${text}`, `/results/${text}`]) {
        await page.goto(origin + path)
        expect(await page.locator('img, main script').count()).toBe(0)
      }
      expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([])
      await page.context().close()
    },
  )
})
