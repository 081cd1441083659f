import { Counter, type Registry } from 'prom-client'

/** Result of one query to a relay. `forged` includes the signature of another round. */
type BeaconResult = 'verified' | 'forged' | 'absent'

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
  return { answered: (result) => answers.inc({ result }) }
}
