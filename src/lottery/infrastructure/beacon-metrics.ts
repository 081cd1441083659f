import { Counter, type Registry } from 'prom-client'

const RESULTS = ['verified', 'forged', 'absent'] as const

/** Result of one query to a relay. `forged` includes the signature of another round. */
type BeaconResult = (typeof RESULTS)[number]

export interface BeaconMetrics {
  answered(result: BeaconResult): void
}

export function registerBeaconMetrics(registry: Registry): BeaconMetrics {
  const answers = new Counter({
    name: 'lottery_beacon_answers_total',
    help: 'Answers of beacon relays by result: verified, forged (also of another round), absent',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of RESULTS) answers.inc({ result }, 0) // a counter that begins with 1 hides its first increase
  return { answered: (result) => answers.inc({ result }) }
}
