import { dockerEngine } from '../../docker.ts'
import { KAFKA_VERSION } from './jars.ts'
import { freePorts } from './ports.ts'
import { brokerSettings } from './settings.ts'

const IMAGE = `apache/kafka:${KAFKA_VERSION}`
const CONTAINER_STARTS_WITHIN_MS = 180_000 // including a first pull of the image

export interface StartedBroker {
  readonly bootstrap: string
  stop(): Promise<void>
}

/** Starts a container with the same broker as the jars. The port is chosen first, because the broker advertises it. */
export async function startContainer(): Promise<StartedBroker> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const [port] = (await freePorts(1)) as [number]
  const { hostname } = dockerEngine()
  const bootstrap = `${hostname || '127.0.0.1'}:${port}`
  const plain = { bind: '0.0.0.0:9092', advertised: bootstrap }
  const container = await new GenericContainer(IMAGE)
    .withEnvironment(asEnvironment(brokerSettings({ plain, controller: 'localhost:9093' })))
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(CONTAINER_STARTS_WITHIN_MS)
    .start()
  return { bootstrap, stop: async () => void (await container.stop()) }
}

/** The settings as the image reads them: `num.partitions` becomes KAFKA_NUM_PARTITIONS. */
function asEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(settings).map(([key, to]) => [`KAFKA_${key.replaceAll('.', '_').toUpperCase()}`, to])
  return Object.fromEntries(named)
}
