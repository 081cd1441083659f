import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'

describe('the configuration', () => {
  it('limits registrations and refused tokens by default, and trusts no proxy', () => {
    expect(readConfig({})).toMatchObject({
      rateLimitPerMinute: 0,
      registrationsPerMinute: 60,
      refusedTokensPerMinute: 60,
      trustProxy: false,
      operationsPort: undefined,
    })
  })

  it('reads the proxies and the port for operators', () => {
    const environment = { TRUST_PROXY: '127.0.0.1, 10.0.0.0/8', OPERATIONS_PORT: '9000', PORT: '8000' }

    expect(readConfig(environment)).toMatchObject({ trustProxy: ['127.0.0.1', '10.0.0.0/8'], operationsPort: 9000 })
  })

  it.each([
    [{ TRUST_PROXY: 'true' }, /TRUST_PROXY: must not be true, .*; set the number of proxies/],
    [{ TRUST_PROXY: 'proxy.example' }, /TRUST_PROXY: must be false, a number of proxies from 1 to 10, or addresses/],
    [{ OPERATIONS_PORT: '8000' }, /OPERATIONS_PORT: must differ from PORT/],
    [{ OPERATIONS_PORT: '9000', PORT: '9000' }, /OPERATIONS_PORT: must differ from PORT/],
    [{ PORT: '65536' }, /^The configuration is not valid. PORT: must be a whole number from 0 to 65535$/],
    [{ OPERATIONS_PORT: '65536' }, /OPERATIONS_PORT: must be a whole number from 0 to 65535/],
    [{ REGISTRATIONS_PER_MINUTE: '-1' }, /REGISTRATIONS_PER_MINUTE: must be a whole number/],
    [{ REFUSED_TOKENS_PER_MINUTE: 'many' }, /REFUSED_TOKENS_PER_MINUTE: must be a whole number/],
  ])('refuses %j', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message)
  })

  it('lets the system choose both ports', () => {
    expect(readConfig({ PORT: '0', OPERATIONS_PORT: '0' })).toMatchObject({ port: 0, operationsPort: 0 })
  })
})
