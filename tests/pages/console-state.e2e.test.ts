import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type AppSettings, buildApp } from '../../src/app.ts'
import { hasChromium, launchChromium, listenFor } from '../support/chromium.ts'
import { memoryParts } from '../support/memory-app.ts'
import { startService } from '../support/running-service.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { WitnessServer } from '../support/witness-server.ts'
import { visit } from './console-visit.ts'

const UNPUBLISHED = 'Events that are not published'
const AGE = 'Age of the oldest of them, in seconds'
const REFUSED = 'Events that the broker refused too often'
const NOT_IN_LOG = 'Events that are not in the audit log'
const NOT_COSIGNED = 'Entries that no witness has cosigned'
const COSIGNED = 'Newest checkpoint that witnesses cosigned'
/** Nothing listens there. */
const NO_BROKER = '127.0.0.1:1'
/** For a busy machine. */
const WITHIN = { timeout: 20_000 }

describe.skipIf(!hasChromium('tests/pages/console-state.e2e.test.ts'))(
  'the state of the service in the console',
  () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launchChromium()
    })
    afterAll(() => browser?.close())

    const consoleOf = async (origin: string) => {
      const visited = await visit(browser, origin, { role: 'auditor', now: Date.now() })
      onTestFinished(() => visited.page.context().close())
      return visited
    }

    it('shows how far the broker and the witnesses lag, and that they have caught up', async () => {
      const database = await createTestDatabase()
      onTestFinished(() => database.drop())
      await using witness = await WitnessServer.open('witness.example')
      witness.manner = 'refusing'
      const WITNESSES = `${witness.verifierKey}=${witness.url}`
      await using service = await startService({ DATABASE_URL: database.url, WITNESSES, KAFKA_BROKERS: NO_BROKER })
      await service.post('/users', { email: 'ada@example.org' }) // the second event, after that of the ledger key
      const { page, complaints } = await consoleOf(service.url)

      await expect
        .poll(() => readAgain(page), WITHIN)
        .toMatchObject({
          Service: 'ready',
          [UNPUBLISHED]: '2',
          [REFUSED]: '0',
          [NOT_IN_LOG]: '0',
          [NOT_COSIGNED]: '2',
          [COSIGNED]: 'none yet',
        })
      expect(Number((await readAgain(page))[AGE])).toBeGreaterThan(0)

      witness.manner = 'honest'
      await service.post('/users', { email: 'bob@example.org' })
      await expect
        .poll(() => readAgain(page), WITHIN)
        .toMatchObject({
          [UNPUBLISHED]: '3',
          [NOT_COSIGNED]: '0',
          [COSIGNED]: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
        })
      expect(complaints).toEqual([])
    })

    it('says what a replica without a relay and without witnesses does not measure', async () => {
      const { page } = await consoleOf(await serve({}))

      const shown = await readAgain(page)

      for (const name of [UNPUBLISHED, AGE, REFUSED, NOT_COSIGNED, COSIGNED])
        expect(shown).toHaveProperty([name], 'not measured here')
      expect(shown).toMatchObject({ Service: 'ready', [NOT_IN_LOG]: '0', 'Lotteries that are overdue': '0' })
      expect(await page.locator('#state .curl').textContent()).toContain('/metrics')
    })

    it('says where the metrics are when another listener serves them, and does not ask for them here', async () => {
      const { page, complaints } = await consoleOf(await serve({ operationsPort: 9_000 }))
      const asked: string[] = []
      page.on('request', (request) => asked.push(new URL(request.url()).pathname))

      const shown = await readAgain(page)

      expect(shown).toEqual({ Service: 'ready' })
      expect(await page.locator('#state .output').textContent()).toContain(
        'This listener serves no metrics and counts. Ask that of OPERATIONS_PORT: /metrics, /health/ready.',
      )
      expect(asked).toContain('/health/ready')
      expect(asked).not.toContain('/metrics')
      expect(await page.locator('#state .curl').textContent()).toContain('/health/ready')
      expect(complaints).toEqual([])
    })
  },
)

/** Serves a service in memory until the test ends. Returns its origin. */
async function serve(settings: AppSettings): Promise<string> {
  const app = await buildApp(memoryParts(), { maxEventLoopDelayMs: 0, ...settings })
  onTestFinished(() => app.close())
  return listenFor(app)
}

/** Reads the state again, and returns what is shown, by its names. */
async function readAgain(page: Page): Promise<Record<string, string>> {
  const state = page.locator('#state')
  await state.locator('dt').first().waitFor()
  await state.locator('.output').evaluate('(output) => output.replaceChildren()')
  await state.getByRole('button', { name: 'Read again' }).click()
  await state.locator('dt').first().waitFor()
  const [names, values] = [await state.locator('dt').allTextContents(), await state.locator('dd').allTextContents()]
  return Object.fromEntries(names.map((name, n) => [name, values[n] ?? '']))
}
