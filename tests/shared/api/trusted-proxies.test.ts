import { describe, expect, it } from 'vitest'
import { proxyTrustOf, trustedProxiesSchema } from '../../../src/shared/api/trusted-proxies.ts'

describe('TRUST_PROXY', () => {
  it.each([
    [undefined, false],
    ['false', false],
    ['1', 1],
    ['10', 10],
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.0.0.0/8, 192.0.2.7,fd00::/8,::1', ['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1']],
  ])('%s is read as %j', (text, expected) => {
    expect(trustedProxiesSchema.parse(text)).toEqual(expected)
  })

  it.each([
    '0',
    '11',
    '-1',
    '1.5',
    'yes',
    'TRUE',
    'localhost',
    'loopback',
    '10.0.0',
    '10.0.0.0/0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/255.0.0.0',
    '::/0',
    '::1/129',
    '10.0.0.0/8,',
    '1,10.0.0.0/8',
    'true,10.0.0.0/8',
  ])('%s is refused with the accepted forms', (text) => {
    expect(faultOf(text)).toBe(
      'must be false, a number of proxies from 1 to 10, or addresses and networks such as 10.0.0.0/8, separated by commas',
    )
  })

  it('true is refused with the way out', () => {
    expect(faultOf('true')).toBe(
      'must not be true, because clients write the leftmost address of X-Forwarded-For themselves; ' +
        'set the number of proxies in front of the service, such as 1, or their networks, such as 10.0.0.0/8',
    )
  })
})

describe('trust in an address', () => {
  it('is given to nobody without proxies', () => {
    expect(proxyTrustOf(false)('127.0.0.1', 0)).toBe(false)
  })

  it('is given to the hops nearest to the service', () => {
    const isTrusted = proxyTrustOf(2)

    expect([0, 1, 2].map((hop) => isTrusted('203.0.113.9', hop))).toEqual([true, true, false])
  })

  it('is given to the networks and addresses, at any hop', () => {
    const isTrusted = proxyTrustOf(['10.0.0.0/8', '192.0.2.7', 'fd00::/8'])

    const trusted = ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '::ffff:192.0.2.7', 'fd12::1']
    const others = ['11.0.0.1', '192.0.2.8', '::ffff:192.0.2.8', 'fe80::1', '::', '', '10.1.2.3:80', 'x', undefined]
    expect(trusted.filter((address) => !isTrusted(address, 9))).toEqual([])
    expect(others.filter((address) => isTrusted(address, 0))).toEqual([])
  })
})

function faultOf(text: string): string | undefined {
  return trustedProxiesSchema.safeParse(text).error?.issues[0]?.message
}
