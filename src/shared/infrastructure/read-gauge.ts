import { Gauge, type Registry } from 'prom-client'

interface GaugeNotes {
  readonly name: string
  readonly help: string
  /** Name of the gauge's one label. The keys of a reading are the values of the label. */
  readonly label?: string
  /** Whether each process reads a number of its own. Otherwise all read the same one, from the database. */
  readonly isOfProcess?: boolean
}

/** One number, or one number for each value of the label. */
type Reading = number | Readonly<Record<string, number>>

async function readOrNothing(read: () => Reading | Promise<Reading>): Promise<Reading | undefined> {
  try {
    return await read()
  } catch {
    return undefined
  }
}

/** Registers a gauge that is read at each scrape. While it cannot be read, the gauge is absent. */
export function readGauge(
  registry: Registry,
  { name, help, label, isOfProcess = false }: GaugeNotes,
  read: () => Reading | Promise<Reading>,
): void {
  new Gauge({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [registry],
    aggregator: isOfProcess ? 'sum' : 'max',
    async collect() {
      const reading = await readOrNothing(read)
      if (label === undefined) this.remove()
      else this.reset()
      if (typeof reading === 'number') this.set(reading)
      else for (const [value, count] of Object.entries(reading ?? {})) this.set({ [label ?? '']: value }, count)
    },
  })
}
