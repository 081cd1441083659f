import ipaddr from 'ipaddr.js'

/** Which receivers events may be sent to. */
export interface AddressRules {
  /** Says why nothing is sent to a URL; undefined when it may be, as far as the URL itself shows. */
  readonly refusalOf: (url: URL) => string | undefined
  /** Whether a connection may be made to an IP address. */
  readonly isAllowed: (address: string) => boolean
}

/** Services of clouds that tell secrets to the machine, at an address that looks public: Azure's. */
const METADATA = new Set(['168.63.129.16'])

const PUBLIC_ONLY: AddressRules = {
  refusalOf: (url) => {
    if (url.protocol !== 'https:') return 'it must begin with https://'
    const host = url.hostname.replace(/^\[|\]$/g, '')
    return ipaddr.isValid(host) && !isPublic(host) ? 'its address is not public' : refusalOfUserinfo(url)
  },
  isAllowed: isPublic,
}

const ANYWHERE: AddressRules = { refusalOf: refusalOfUserinfo, isAllowed: () => true }

/** By default, only https and public addresses. `allowPrivate`: also http, and every address. */
export function addressRules(allowPrivate: boolean): AddressRules {
  return allowPrivate ? ANYWHERE : PUBLIC_ONLY
}

/** Whether an IP address is a public unicast address, also where an IPv4 address is written as IPv6. */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return parsed.range() === 'unicast' && !METADATA.has(parsed.toString())
}

function refusalOfUserinfo({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return 'it holds a user name or a password. Put a secret of the receiver into its query'
}
