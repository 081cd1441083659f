import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admin } from '@platformatic/kafka'
import { brokerJars } from './broker/jars.ts'
import { freePorts } from './broker/ports.ts'
import { BrokerProcess, JAVA, QUICK_JAVA } from './broker/process.ts'
import { mustRun } from './broker/running.ts'
import { brokerSettings, type Login, withSecureListener } from './broker/settings.ts'
import { makeCertificate } from './broker/tls.ts'

export interface BrokerOptions {
  /** Login for a second listener with TLS and SASL. Letters and digits only. */
  readonly secure?: Login
  /** Largest size of a record batch in any topic. The broker refuses larger batches as a whole. */
  readonly messageMaxBytes?: number
  /** Default true. A topic that is created by its first use has three partitions. */
  readonly autoCreateTopics?: boolean
}

export interface SecureAddress {
  readonly bootstrap: string
  /** Path of the certificate that a client has to trust. */
  readonly caPath: string
}

const FORMATTED_WITHIN_MS = 60_000

/** A real broker in a process of its own, which tests can kill and freeze. Leaving the scope of `await using` stops it. */
export class KafkaBroker implements AsyncDisposable {
  /** Address of the plain-text listener, which a restart keeps. */
  readonly bootstrap: string
  readonly #jars: string
  readonly #folder: string
  readonly #secure: SecureAddress | undefined
  #process: BrokerProcess

  private constructor(jars: string, folder: string, bootstrap: string, secure: SecureAddress | undefined) {
    this.bootstrap = bootstrap
    this.#jars = jars
    this.#folder = folder
    this.#secure = secure
    this.#process = new BrokerProcess(jars, folder)
  }

  /** Resolves when the broker answers. @throws Error when brokers cannot be started; check `brokersOfOwn` first */
  static async start(options: BrokerOptions = {}): Promise<KafkaBroker> {
    const jars = await brokerJars()
    const folder = await mkdtemp(join(tmpdir(), 'lottery-test-kafka-'))
    try {
      const { bootstrap, secure } = await layOut(jars, folder, options)
      const broker = new KafkaBroker(jars, folder, bootstrap, secure)
      await broker.#ready()
      return broker
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** Address of the listener with TLS and SASL. @throws Error when the broker was started without one */
  get secure(): SecureAddress {
    if (!this.#secure) throw new Error('This broker has no secure listener')
    return this.#secure
  }

  /** The warnings since the last start. */
  get output(): string {
    return this.#process.output
  }

  /** Kills the broker without a shutdown, as a power cut does. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** Starts the broker again with its stored data. A running broker is killed first. */
  async restart(): Promise<void> {
    await this.#process.kill()
    this.#process = new BrokerProcess(this.#jars, this.#folder)
    await this.#ready()
  }

  /** Freezes the broker: connections stay open and new ones are accepted, but no request is answered until `thaw`. */
  freeze(): void {
    this.#process.signal('SIGSTOP')
  }

  thaw(): void {
    this.#process.signal('SIGCONT')
  }

  async stop(): Promise<void> {
    await this.#process.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #ready(): Promise<void> {
    try {
      await this.#process.started()
      await answers(this.bootstrap)
    } catch (error) {
      await this.#process.kill()
      throw error
    }
  }
}

/** Writes the files that a broker needs to start into the folder. */
async function layOut(
  jars: string,
  folder: string,
  { secure: login, ...options }: BrokerOptions,
): Promise<{ bootstrap: string; secure: SecureAddress | undefined }> {
  const [plain, controller, tls] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`) as [string, string, string]
  let settings = brokerSettings({ plain: { bind: plain, advertised: plain }, controller, ...options })
  const keyStore = login && (await makeCertificate(folder))
  if (login && keyStore) settings = withSecureListener(settings, { address: tls, login, keyStore })
  const path = join(folder, 'server.properties')
  const lines = Object.entries({ ...settings, 'log.dirs': join(folder, 'data') }).map(([key, to]) => `${key}=${to}`)
  await writeFile(path, lines.join('\n'))

  const id = Buffer.alloc(16, 7).toString('base64url')
  const scram = login ? scramLogins(login) : []
  const tool = ['kafka.tools.StorageTool', 'format', '--cluster-id', id, '--config', path, ...scram]
  await mustRun(JAVA, [...QUICK_JAVA, '-cp', join(jars, '*'), ...tool], FORMATTED_WITHIN_MS)
  return { bootstrap: plain, secure: keyStore && { bootstrap: tls, caPath: keyStore.caPath } }
}

function scramLogins({ user, password }: Login): string[] {
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${user},password=${password}]`,
  ])
}

/** Resolves when the broker answers a metadata request. */
async function answers(bootstrap: string): Promise<void> {
  const admin = new Admin({ clientId: 'ready', bootstrapBrokers: [bootstrap] })
  try {
    await admin.metadata({})
  } finally {
    await admin.close()
  }
}
