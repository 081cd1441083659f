import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { hasChromium, launchChromium, openPage } from '../support/chromium.ts'
import { memoryParts } from '../support/memory-app.ts'
import { AUDIENCE } from '../support/oidc-issuer.ts'
import { CLIENT, OidcLogin } from '../support/oidc-login.ts'

/** A name of this machine that browsers take for one of the network: plain HTTP there has no `crypto.subtle`. */
const PUBLIC_URL = 'http://lottery.test'

describe.skipIf(!hasChromium('tests/pages/console-issuer.e2e.test.ts'))('signing in at an issuer', () => {
  let browser: Browser
  let issuer: OidcLogin
  let app: FastifyInstance

  beforeAll(async () => {
    issuer = await OidcLogin.open(`${PUBLIC_URL}/console`)
    const access = { authIssuer: issuer.url, authAudience: AUDIENCE, authAlgorithms: ['RS256'] }
    const settings = {
      authIssuer: issuer.url,
      authAudience: AUDIENCE,
      consoleClientId: CLIENT,
      publicUrl: PUBLIC_URL,
    }
    app = await buildApp(memoryParts({ access }), { maxEventLoopDelayMs: 0, ...settings, operationsPort: 9_000 })
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    browser = await launchChromium([`--host-resolver-rules=MAP lottery.test:80 127.0.0.1:${port}`])
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    await issuer?.[Symbol.asyncDispose]()
  })

  it('sends PKCE with S256, takes the code out of the address, and leaves nothing in the storage', async () => {
    const { page, complaints } = await openPage(browser, PUBLIC_URL)
    await page.goto(`${PUBLIC_URL}/console`)
    await page.getByRole('button', { name: /^Sign in at/ }).click()
    await page.getByText('Signed in as olivia (operator)').waitFor()

    await page.getByText('This listener serves no metrics').waitFor()
    const [asked] = issuer.asked
    expect(Object.fromEntries(asked ?? [])).toMatchObject({
      response_type: 'code',
      client_id: CLIENT,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      resource: AUDIENCE,
    })
    expect(page.url()).toBe(`${PUBLIC_URL}/console`)
    expect(await page.evaluate('isSecureContext')).toBe(false)
    expect(await page.evaluate('[{ ...localStorage }, { ...sessionStorage }]')).toEqual([{}, {}])
    expect(complaints.filter((complaint) => !complaint.startsWith(`foreign: ${issuer.url}/`))).toEqual([])
    await page.context().close()
  })

  it('refuses an answer that it did not ask for, and one that says no', async () => {
    const { page } = await openPage(browser, PUBLIC_URL)
    const pending = () => page.evaluate(`sessionStorage.setItem('console-sign-in', '{"state":"mine"}')`)
    const answerOf = async (query: string, words: string) => {
      await page.goto(`${PUBLIC_URL}/console?${query}`)
      await page.getByRole('alert').getByText(words).waitFor()
      expect([page.url(), await page.evaluate('sessionStorage.length')]).toEqual([`${PUBLIC_URL}/console`, 0])
    }

    await answerOf('code=stolen&state=mine', 'belongs to no sign-in of this page')
    for (const query of ['code=stolen&state=forged', 'code=stolen&state=mine&iss=https://other.example']) {
      await pending()
      await answerOf(query, 'belongs to no sign-in of this page')
    }
    await pending()
    await answerOf('state=mine&error=access_denied&error_description=<img src=x>', 'The issuer refused: <img src=x>.')
    await page.context().close()
  })
})
