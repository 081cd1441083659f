import { describe, expect, it } from 'vitest'
import { addressRules } from '../../../src/webhooks/infrastructure/address-rules.ts'

const { isAllowed, refusalOf } = addressRules(false)

describe('an address', () => {
  it.each(['8.8.8.8', '93.184.215.14', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'that is public is allowed: %s',
    (address) => {
      expect(isAllowed(address)).toBe(true)
    },
  )

  it.each([
    ['loopback', '127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'],
    ['private', '10.1.2.3', '172.16.0.1', '192.168.1.1', 'fd00::1', '::ffff:10.0.0.1'],
    ['of the link', '169.254.0.1', 'fe80::1', 'fe80::1%eth0'],
    ['of cloud metadata', '169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
    ['multicast or broadcast', '224.0.0.1', '255.255.255.255', 'ff02::1'],
    ['unspecified', '0.0.0.0', '0.1.2.3', '::'],
    ['of a carrier', '100.64.0.1'],
    ['that carries another address', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1'],
    ['for documents and tests', '192.0.2.1', '198.18.0.1', '203.0.113.1', '2001:db8::1'],
    ['in no known form', 'localhost', '', 'x'],
  ])('%s is refused', (_, ...addresses) => {
    for (const address of addresses) expect([address, isAllowed(address)]).toEqual([address, false])
  })
})

describe('a URL', () => {
  it.each([
    ['http://receiver.example/', 'it must begin with https://'],
    ['https://127.0.0.1/', 'its address is not public'],
    ['https://0x7f.1/', 'its address is not public'],
    ['https://[::ffff:10.0.0.1]/', 'its address is not public'],
    [
      'https://user@receiver.example/',
      'it holds a user name or a password. Put a secret of the receiver into its query',
    ],
    [
      'https://:pass@receiver.example/',
      'it holds a user name or a password. Put a secret of the receiver into its query',
    ],
    ['https://receiver.example:8443/hook?token=x', undefined],
    ['https://8.8.8.8/', undefined],
  ])('%s: %s', (url, refusal) => {
    expect(refusalOf(new URL(url))).toBe(refusal)
  })

  it('may be private and plain where the operator allows it, and still has no user name', () => {
    const anywhere = addressRules(true)

    expect(anywhere.refusalOf(new URL('http://127.0.0.1:9000/'))).toBeUndefined()
    expect(anywhere.isAllowed('10.0.0.1')).toBe(true)
    expect(anywhere.refusalOf(new URL('http://user:pass@127.0.0.1/'))).toMatch('user name')
  })
})
