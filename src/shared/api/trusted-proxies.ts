import { BlockList, isIP } from 'node:net'
import { z } from 'zod'

/**
 * Proxies whose headers the service believes: none; as many as this number, counted from the service; or those with one of
 * these addresses or in one of these networks.
 */
export type TrustedProxies = false | number | readonly string[]

/**
 * Whether an address is that of a trusted proxy. `hop` 0 is the peer of the connection, and `hop` n is entry n of
 * `X-Forwarded-For`, counted from the right.
 */
export type ProxyTrust = (address: string | undefined, hop: number) => boolean

const MAX_HOPS = 10
const FORMS = `must be false, a number of proxies from 1 to ${MAX_HOPS}, or addresses and networks such as 10.0.0.0/8, separated by commas`
const TRUE_IS_UNSAFE =
  'must not be true, because clients write the leftmost address of X-Forwarded-For themselves; set the number of proxies in front of the service, such as 1, or their networks, such as 10.0.0.0/8'

/** The form of {@link TrustedProxies} in the configuration. */
export const trustedProxiesSchema = z
  .string()
  .default('false')
  .transform((text, context): TrustedProxies => {
    if (text === 'false') return false
    const hops = /^\d+$/.test(text) ? Number(text) : undefined
    if (hops !== undefined && hops >= 1 && hops <= MAX_HOPS) return hops
    const networks = text.split(',').map((network) => network.trim())
    if (hops === undefined && networks.every(isNetwork)) return networks
    context.addIssue({ code: 'custom', message: text === 'true' ? TRUE_IS_UNSAFE : FORMS })
    return z.NEVER
  })

/** Makes the function that decides about each address. Fastify itself trusts no proxy when it is given a number. */
export function proxyTrustOf(proxies: TrustedProxies): ProxyTrust {
  if (proxies === false) return () => false
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies
  const trusted = new BlockList()
  for (const network of proxies) addNetwork(trusted, network)
  return (address = '') => isIP(address) !== 0 && trusted.check(address, familyOf(address))
}

/** A prefix of 0 bits is no network: it would trust every address, as `true` would. */
function isNetwork(text: string): boolean {
  const { address, bits } = partsOf(text)
  const width = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  return bits === undefined ? width > 0 : /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= width
}

function addNetwork(list: BlockList, text: string): void {
  const { address, bits } = partsOf(text)
  if (bits === undefined) list.addAddress(address, familyOf(address))
  else list.addSubnet(address, Number(bits), familyOf(address))
}

function partsOf(text: string): { readonly address: string; readonly bits: string | undefined } {
  const slash = text.indexOf('/')
  if (slash === -1) return { address: text, bits: undefined }
  return { address: text.slice(0, slash), bits: text.slice(slash + 1) }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
