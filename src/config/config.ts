import { archiveContradictions, archiveOf } from './archive.ts'
import { misspelt } from './misspelt.ts'
import { withoutFinalSlash } from './values.ts'
import { type Settings, VARIABLES } from './variables.ts'

export interface Config extends Omit<Settings, 'participants' | 'publicUrl' | 'environment'> {
  readonly publicUrl: string
  /** Whether requests without a token may register and submit. */
  readonly participants: 'open' | 'authenticated'
  /** In production no signing key is made: one must be given. */
  readonly isProduction: boolean
  /** Whether the data folder outlasts this process: it holds the database, or it was chosen on purpose. */
  readonly dataDirLasts: boolean
  /** Undefined: events are written to the log. */
  readonly kafka: ReturnType<typeof kafkaOf>
  /** Undefined: nothing is archived. */
  readonly archive: ReturnType<typeof archiveOf>
  /** Variables of libfaketime. The embedded server gets them, so that its midnight is the service's midnight. */
  readonly fakeClock: Readonly<Record<string, string>>
}

/**
 * Reads the configuration at the start of a process; no other code reads the environment. A wrong one is reported in one
 * line, and ends the process.
 */
export function readConfigOrExit(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}

/** An empty variable counts as absent. @throws Error that names each wrong variable, and never its value */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const faults: string[] = []
  const settings = Object.fromEntries(
    Object.entries(VARIABLES).map(([setting, { name, schema }]) => {
      const read = schema.safeParse(given[name])
      for (const { message } of read.error?.issues ?? []) faults.push(`${name}: ${message}`)
      return [setting, read.data]
    }),
  ) as Settings
  faults.push(...misspelt(given))
  faults.push(...contradictions(settings), ...archiveContradictions(settings), ...missingInProduction(given, settings))
  if (faults.length > 0) throw new Error(`The configuration is not valid. ${faults.join('; ')}`)
  return {
    ...settings,
    publicUrl: withoutFinalSlash(settings.publicUrl ?? `http://localhost:${settings.port}`),
    participants: settings.participants ?? 'open',
    isProduction: settings.environment === 'production',
    dataDirLasts: settings.databaseUrl === undefined || given['DATA_DIR'] !== undefined,
    kafka: kafkaOf(settings),
    archive: archiveOf(settings),
    fakeClock: Object.fromEntries(Object.entries(given).filter(isOfFakeClock)),
  }
}

function contradictions(settings: Settings): string[] {
  const { kafkaSaslUsername, kafkaSaslPassword, kafkaTlsCaFile, kafkaTls, port, operationsPort } = settings
  const { authIssuer, authAudience, consoleClientId, witnesses, witnessQuorum = 0 } = settings
  const faults: string[] = []
  if (operationsPort && operationsPort === port) faults.push('OPERATIONS_PORT: must differ from PORT')
  if ((kafkaSaslUsername === undefined) !== (kafkaSaslPassword === undefined))
    faults.push('KAFKA_SASL_PASSWORD: must be set together with KAFKA_SASL_USERNAME, or neither')
  if (kafkaTlsCaFile !== undefined && !kafkaTls) faults.push('KAFKA_TLS_CA_FILE: needs KAFKA_TLS=true')
  // `witnesses` is undefined when WITNESSES itself is wrong.
  if (witnessQuorum > witnesses?.length) faults.push('WITNESS_QUORUM: must not exceed the number of WITNESSES')
  if ((authIssuer === undefined) !== (authAudience === undefined))
    faults.push('AUTH_AUDIENCE: must be set together with AUTH_ISSUER, or neither')
  if (consoleClientId !== undefined && authIssuer === undefined) faults.push('CONSOLE_CLIENT_ID: needs AUTH_ISSUER')
  return faults
}

/** Variables without a default in production, and what they are set to. */
const CHOSEN_IN_PRODUCTION = [
  ['DATABASE_URL', 'a postgres:// URL, or to embedded'],
  ['PARTICIPANTS', 'open or authenticated'],
  ['LEDGER_NAME', 'a name that no other log has, such as lottery.example.org'],
  ['ENTROPY', 'commit-reveal or drand'],
] as const

/** A draw that matters has no settings by accident: in production these are chosen. */
function missingInProduction(given: NodeJS.ProcessEnv, { environment }: Settings): string[] {
  if (environment !== 'production') return []
  return CHOSEN_IN_PRODUCTION.filter(([name]) => given[name] === undefined).map(
    ([name, values]) => `${name}: must be set when NODE_ENV is production, to ${values}`,
  )
}

function kafkaOf(settings: Settings) {
  const { kafkaBrokers: brokers, kafkaTopic: topic, kafkaSaslMechanism: mechanism } = settings
  const { kafkaSaslUsername: username, kafkaSaslPassword: password } = settings
  if (!brokers) return undefined
  return {
    brokers,
    topic,
    tls: settings.kafkaTls ? { caFile: settings.kafkaTlsCaFile } : undefined,
    sasl: username !== undefined && password !== undefined ? { mechanism, username, password } : undefined,
  }
}

function isOfFakeClock(variable: [string, string | undefined]): variable is [string, string] {
  return /^(LD_PRELOAD|FAKETIME.*)$/.test(variable[0])
}
