import type { Chain } from '../verify/document.ts'

export interface Settings {
  /** Address of the service, without a slash at the end. */
  readonly url: string
  /** C2SP vkeys of witnesses. */
  readonly witnesses: readonly string[]
  /** Addresses of relays of the beacon. */
  readonly beacons: readonly string[]
  readonly chain: Chain
  /** The chain as JSON, when it is not quicknet. */
  readonly chainText: string | undefined
}
