import type { TestProject } from 'vitest/node'
import { dockerAnswers } from '../docker.ts'
import { type StartedBroker, startContainer } from './broker/docker.ts'
import { brokerJars, whyNoBroker } from './broker/jars.ts'
import { KafkaBroker } from './kafka-broker.ts'

interface Skipped {
  readonly skipped: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The broker of this run, which tests share and never stop, or the reason why there is none. */
    kafka: { readonly bootstrap: string } | Skipped
    /** The reason why test files cannot start brokers of their own; undefined when they can. */
    brokersOfOwn: { readonly skipped: string | undefined }
  }
}

/** Provides one broker per run: the broker of KAFKA_BROKERS, else a container, else one from Apache's jars. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const skipped = await fetchJars()
  if (skipped) console.log(`Kafka for tests: tests cannot start brokers of their own (${skipped})`)
  project.provide('brokersOfOwn', { skipped })
  const broker = await findBroker(skipped)
  project.provide('kafka', 'skipped' in broker ? broker : { bootstrap: broker.bootstrap })
  return async () => {
    if ('stop' in broker) await broker.stop()
  }
}

async function findBroker(noJars: string | undefined): Promise<StartedBroker | Skipped> {
  const { KAFKA_BROKERS: bootstrap } = process.env
  if (bootstrap) return { bootstrap, stop: async () => {} }
  const container = await tryContainer()
  if (!('skipped' in container)) return container
  if (!noJars) {
    console.log(`Kafka for tests: a broker from Apache's jars, not a container (${container.skipped})`)
    return KafkaBroker.start()
  }
  const skipped = `${container.skipped}; ${noJars}`
  console.log(`Kafka for tests: every test that needs a broker is SKIPPED (${skipped})`)
  return { skipped }
}

async function tryContainer(): Promise<StartedBroker | Skipped> {
  if (!(await dockerAnswers())) return { skipped: 'no Docker engine answers' }
  return startContainer().catch((error: unknown) => ({ skipped: firstLine(error) }))
}

/** Fetches the jars. Returns undefined on success, else the reason. In CI, which has Java and Maven, a failure throws. */
async function fetchJars(): Promise<string | undefined> {
  const missing = await whyNoBroker()
  if (missing) return missing
  try {
    await brokerJars()
    return undefined
  } catch (error) {
    const { CI } = process.env
    if (CI) throw error
    return `Maven: ${firstLine(error)}`
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .split('\n', 1)
    .join('')
    .slice(0, 240)
}
