import type { Instant } from '../../shared/domain/instant.ts'

/** The stored ledger key and the recorded events of ledger keys. */
export interface StoredLedgerKey {
  /** Undefined before the first use of a key. */
  readonly key: { readonly verifierKey: string; readonly firstUsedAt: Instant } | undefined
  /** By aggregate and `seq`. `verifierKey` is what the event says; undefined when it says nothing. */
  readonly events: readonly {
    readonly aggregate: string
    readonly seq: number
    readonly verifierKey: unknown
    readonly occurredAt: Instant
  }[]
}

/** Compares the stored ledger key with the event of its first use. Returns a sentence for every difference. */
export function checkLedgerKey({ key, events }: StoredLedgerKey): string[] {
  if (!key) return events.map(({ aggregate }) => `an event of ${aggregate} is stored, but no key is`)
  const [name, keyId] = key.verifierKey.split('+')
  const own = `ledger-key/${name}+${keyId}`
  const event = events.find(({ aggregate, seq }) => aggregate === own && seq === 1)
  const findings = events
    .filter((other) => other !== event)
    .map(({ aggregate, seq }) => `event ${seq} of ${aggregate} is stored, which is not the first use of the stored key`)
  if (!event) return [...findings, `the event of the first use of ${key.verifierKey} is not stored`]
  if (event.verifierKey !== key.verifierKey)
    findings.push(`the event says the key ${JSON.stringify(event.verifierKey)}, stored is ${key.verifierKey}`)
  if (event.occurredAt !== key.firstUsedAt)
    findings.push(`the first use was at ${isoOf(event.occurredAt)}, the row says ${isoOf(key.firstUsedAt)}`)
  return findings
}

function isoOf(instant: Instant): string {
  return new Date(instant).toISOString()
}
