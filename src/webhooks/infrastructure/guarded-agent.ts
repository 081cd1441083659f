import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { Agent } from 'undici'
import type { AddressRules } from './address-rules.ts'

interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Addresses of a host name. @throws Error when there are none */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

/** The name of the receiver leads to an address that events are not sent to. */
export class AddressRefused extends Error {
  constructor() {
    super('the host name leads to an address that is not allowed')
    this.name = 'AddressRefused'
  }
}

export interface AgentSettings {
  readonly rules: AddressRules
  /** By default, the resolver of the system. */
  readonly resolve?: Resolve | undefined
  readonly timeouts: { readonly connectMs: number; readonly answerMs: number }
}

const MAX_HEADER_BYTES = 8_192
/** Connections to one receiver. */
const CONNECTIONS = 8

/**
 * Connects only to allowed addresses. The addresses that are checked are those that are connected to: a name is resolved once
 * for each connection. So a name that leads elsewhere the next time gains nothing.
 */
export function guardedAgent({ rules, resolve = resolveBySystem, timeouts }: AgentSettings): Agent {
  return new Agent({
    connections: CONNECTIONS,
    connect: { lookup: guardedLookup(resolve, rules), timeout: timeouts.connectMs },
    headersTimeout: timeouts.answerMs,
    bodyTimeout: timeouts.answerMs,
    maxHeaderSize: MAX_HEADER_BYTES,
  })
}

function guardedLookup(resolve: Resolve, rules: AddressRules): LookupFunction {
  const checked = callbackify(async (hostname: string) => {
    const addresses = await resolve(hostname)
    if (!addresses.every(({ address }) => rules.isAllowed(address))) throw new AddressRefused()
    const [first] = addresses
    if (!first) throw new Error('the host name has no address')
    return { first, addresses: [...addresses] }
  })
  return (hostname, { all }, callback) => {
    checked(hostname, (error, found) => {
      if (error) callback(error, '', 0)
      else if (all) callback(null, found.addresses)
      else callback(null, found.first.address, found.first.family)
    })
  }
}

function resolveBySystem(hostname: string): Promise<readonly ResolvedAddress[]> {
  return lookup(hostname, { all: true })
}
