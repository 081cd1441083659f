import { describe, expect, it } from 'vitest'
import type { AppSettings } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { serve } from '../support/http.ts'

const authIssuer = 'https://issuer.example/realms/shop'

async function consoleOf(settings: AppSettings) {
  const { call } = await serve(settings)
  const { headers, text } = await call('GET /console')
  const policy = String(headers['content-security-policy'])
  return { headers, text, connects: /connect-src [^;]*/.exec(policy)?.[0] }
}

describe('the page of the console', () => {
  it('is kept by no cache, and names the types of all events', async () => {
    const { headers, text } = await consoleOf({})

    expect(headers['cache-control']).toBe('no-store')
    expect(text).toContain('<option>user.banned.v1</option>')
  })

  it('connects to the issuer only when it is the way to sign in', async () => {
    const pasted = await consoleOf({ authIssuer })
    const atIssuer = await consoleOf({ authIssuer, consoleClientId: 'console' })

    expect(pasted.connects).toBe("connect-src 'self'")
    expect(pasted.text).not.toContain('id="issuer"')
    expect(atIssuer.connects).toBe("connect-src 'self' https://issuer.example")
    expect(atIssuer.text).toContain('Sign in at issuer.example')
  })

  it('tells its script whether this listener serves the metrics', async () => {
    expect((await consoleOf({})).text).toContain('data-metrics="here"')
    expect((await consoleOf({ operationsPort: 9000 })).text).toContain('data-metrics=""')
  })
})

it('CONSOLE_CLIENT_ID needs an issuer', () => {
  const issuer = { AUTH_ISSUER: authIssuer, AUTH_AUDIENCE: 'lottery' }

  expect(readConfig({ ...issuer, CONSOLE_CLIENT_ID: 'console' }).consoleClientId).toBe('console')
  expect(() => readConfig({ CONSOLE_CLIENT_ID: 'console' })).toThrow('CONSOLE_CLIENT_ID: needs AUTH_ISSUER')
})
