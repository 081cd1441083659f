import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import axe from 'axe-core'
import type { FastifyInstance } from 'fastify'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const { CHROMIUM } = process.env
const places = [CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = places.find((path) => path !== undefined && existsSync(path))

/** Whether pages can be tried in a real browser. Where not, says so. */
export function hasChromium(file: string): boolean {
  if (!executablePath) console.warn(`SKIPPED ${file}: no Chromium here; install one or set CHROMIUM`)
  return executablePath !== undefined
}

export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const all = ['--no-sandbox', '--disable-background-networking', ...args]
  return chromium.launch({ executablePath: executablePath as string, args: all })
}

/** Listens on a free port of the loopback, and returns the origin. */
export async function listenFor(app: FastifyInstance): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

/**
 * Opens a page that notes every fault that the browser sees in `complaints`: errors of scripts, violations of the content
 * security policy, dialogs, failed requests and requests to other origins.
 */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext(options)).newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(origin))
      complaints.push(`foreign: ${request.url()}`)
  })
  return { page, complaints }
}

/** Serious and critical findings of axe-core, as `rule: element`. The page must be in a context with `bypassCSP`. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[]
  }
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`))
}

/** Pixels by which the page is wider than its window. */
export async function overhang(page: Page): Promise<number> {
  return (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number
}
