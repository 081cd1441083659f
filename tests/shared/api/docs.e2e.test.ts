import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import { memoryParts } from '../../support/memory-app.ts'

const { CHROMIUM } = process.env
const places = [CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = places.find((path) => path !== undefined && existsSync(path))
if (!executablePath)
  console.warn('SKIPPED tests/shared/api/docs.e2e.test.ts: no Chromium here; install one or set CHROMIUM')

describe.skipIf(!executablePath)('the page of the docs', () => {
  let browser: Browser
  let page: Page
  let app: Awaited<ReturnType<typeof buildApp>>
  let origin: string
  /** Faults seen in the browser: console errors (such as a violated Content-Security-Policy), failed and foreign requests. */
  const complaints: string[] = []

  beforeAll(async () => {
    app = await buildApp(memoryParts(), { maxEventLoopDelayMs: 0 })
    await app.listen({ host: '127.0.0.1', port: 0 })
    origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    const args = ['--no-sandbox', '--disable-background-networking']
    browser = await chromium.launch({ executablePath: executablePath as string, args })
    page = await browser.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(origin) && !url.startsWith('data:')) complaints.push(`foreign: ${url}`)
    })
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`)
    })
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
