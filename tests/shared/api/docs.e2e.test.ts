import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import { hasChromium, launchChromium, listenFor, openPage } from '../../support/chromium.ts'
import { memoryParts } from '../../support/memory-app.ts'

describe.skipIf(!hasChromium('tests/shared/api/docs.e2e.test.ts'))('the page of the docs', () => {
  let browser: Browser
  let page: Page
  let app: Awaited<ReturnType<typeof buildApp>>
  let origin: string
  let complaints: readonly string[]

  beforeAll(async () => {
    app = await buildApp(memoryParts(), { maxEventLoopDelayMs: 0 })
    origin = await listenFor(app)
    browser = await launchChromium()
    const opened = await openPage(browser, origin)
    page = opened.page
    complaints = opened.complaints
  })

  afterAll(async () => {
    await browser?.close()
    await app?.close()
  })

  it('registers a user by "Try it out" with the example, under the Content-Security-Policy', async () => {
    await page.goto(`${origin}/docs`)
    const operation = page.locator('#operations-users-registerUser')
    await operation.locator('.opblock-summary').click()
    const body = await operation.locator('textarea.body-param__text').inputValue()
    await operation.getByRole('button', { name: 'Execute' }).click()
    const answer = operation.locator('.live-responses-table')

    expect(JSON.parse(body)).toEqual({ email: 'ada@example.org', name: 'Ada' })
    await answer.locator('.response-col_status', { hasText: '201' }).waitFor()
    expect(await answer.textContent()).toContain('/users/')
    expect(complaints).toEqual([])
  })

  it('submits a ballot by "Try it out" with the day of today, for the user that was registered, also on a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    const { id } = (await app.inject({ method: 'POST', url: '/users', payload: { email: 'grace@example.org' } })).json<{
      id: string
    }>()
    await page.goto(`${origin}/docs`)
    const operation = page.locator('#operations-ballots-submitBallot')
    await operation.locator('.opblock-summary').click()
    const body = operation.locator('textarea.body-param__text')
    const example = JSON.parse(await body.inputValue()) as { date: string }
    await body.fill(JSON.stringify({ ...example, user_id: id }))
    await operation.getByRole('button', { name: 'Execute' }).click()

    await operation.locator('.live-responses-table .response-col_status', { hasText: '201' }).waitFor()
    expect(await page.locator('meta[name=viewport]').count()).toBe(1)
    expect(complaints).toEqual([])
    await page.setViewportSize({ width: 1_280, height: 720 })
  })

  it('shows every operation', async () => {
    await page.goto(`${origin}/docs`)
    await page.locator('.opblock').first().waitFor()

    const operations = Object.values(app.swagger().paths ?? {}).flatMap((path) => Object.keys(path ?? {}))
    expect(await page.locator('.opblock').count()).toBe(operations.length)
    expect(await page.title()).toBe('Lottery Service')
    expect(await page.locator('.errors-wrapper').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})
