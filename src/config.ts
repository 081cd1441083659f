import { z } from 'zod'

/** The only reader of the environment. An empty variable counts as absent. */
const schema = z
  .object({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
    DATABASE_POOL_SIZE: wholeNumber(1, 1_000).default(10),
    DATA_DIR: z.string().default('.data'),
    HOST: z.string().default('0.0.0.0'),
    PORT: wholeNumber(0, 65_535).default(8000),
    NODE_ENV: z.string().default('development'),
    LEDGER_NAME: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,100}$/, 'must be 1 to 100 letters, digits, dots and hyphens')
      .default('lottery.local'),
    LEDGER_SIGNING_KEY: z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be the base64 of 32 bytes')
      .optional(),
    ENTROPY: z.enum(['commit-reveal', 'drand']).default('commit-reveal'),
    DRAND_URLS: z
      .string()
      .default('https://api.drand.sh,https://drand.cloudflare.com')
      .transform((list) => list.split(',').map((url) => url.trim().replace(/\/+$/, '')))
      .pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be http(s) URLs, separated by commas' })).min(1)),
    INTERNAL_CLOSE_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
    PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).optional(),
    KAFKA_BROKERS: z
      .string()
      .transform((list) => list.split(',').map((broker) => broker.trim()))
      .pipe(z.array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port, separated by commas')))
      .optional(),
    KAFKA_TOPIC: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be 1 to 249 letters, digits, dots, underscores and hyphens')
      .default('lottery.events'),
    KAFKA_TLS: z.enum(['true', 'false']).default('false'),
    KAFKA_TLS_CA_FILE: z.string().optional(),
    KAFKA_SASL_MECHANISM: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).default('SCRAM-SHA-512'),
    KAFKA_SASL_USERNAME: z.string().optional(),
    KAFKA_SASL_PASSWORD: z.string().optional(),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    RATE_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000).default(0),
    TRUST_PROXY: z.enum(['true', 'false']).default('false'),
  })
  .superRefine((given, context) => {
    const together = (message: string, path: string) => context.addIssue({ code: 'custom', path: [path], message })
    const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = given
    if ((username === undefined) !== (password === undefined))
      together('must be set together with KAFKA_SASL_USERNAME, or neither', 'KAFKA_SASL_PASSWORD')
    if (given.KAFKA_TLS_CA_FILE !== undefined && given.KAFKA_TLS !== 'true')
      together('needs KAFKA_TLS=true', 'KAFKA_TLS_CA_FILE')
  })

export interface Config {
  /** Undefined: the embedded server is used. */
  readonly databaseUrl: string | undefined
  readonly databasePoolSize: number
  readonly dataDir: string
  readonly host: string
  readonly port: number
  /** Undefined: the close endpoint refuses everybody. */
  readonly internalCloseToken: string | undefined
  /** Whether a key must be given: in production none is made. */
  readonly isProduction: boolean
  /** Name of the ledgers and of the key that signs them. */
  readonly ledgerName: string
  /** Base64 of the Ed25519 seed; undefined: one is kept in the data folder. */
  readonly ledgerSigningKey: string | undefined
  /** Randomness of lotteries that are created from now on. */
  readonly entropy: 'commit-reveal' | 'drand'
  /** Relays of the beacon, asked in this order. */
  readonly drandUrls: readonly string[]
  /** Where clients reach the service, without a slash at the end. */
  readonly publicUrl: string
  readonly kafkaTopic: string
  /** Undefined: events are written to the log. */
  readonly kafka: ReturnType<typeof kafkaOf>
  readonly logLevel: string
  /** Requests a minute and client address; 0: no limit. */
  readonly rateLimitPerMinute: number
  /** Variables of libfaketime, for the embedded server: it is to see the same midnight as the service. */
  readonly fakeClock: Readonly<Record<string, string>>
  /** Whether the client address is taken from X-Forwarded-For. */
  readonly trustProxy: boolean
}

/** @throws Error naming each variable that is wrong, never its value */
function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const read = schema.safeParse(given)
  if (!read.success) {
    const wrong = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new Error(`The configuration is not valid. ${wrong.join('; ')}`)
  }
  const { data } = read
  return {
    databaseUrl: data.DATABASE_URL,
    databasePoolSize: data.DATABASE_POOL_SIZE,
    dataDir: data.DATA_DIR,
    host: data.HOST,
    port: data.PORT,
    internalCloseToken: data.INTERNAL_CLOSE_TOKEN,
    isProduction: data.NODE_ENV === 'production',
    ledgerName: data.LEDGER_NAME,
    ledgerSigningKey: data.LEDGER_SIGNING_KEY,
    entropy: data.ENTROPY,
    drandUrls: data.DRAND_URLS,
    publicUrl: (data.PUBLIC_URL ?? `http://localhost:${data.PORT}`).replace(/\/+$/, ''),
    kafkaTopic: data.KAFKA_TOPIC,
    kafka: kafkaOf(data),
    logLevel: data.LOG_LEVEL,
    rateLimitPerMinute: data.RATE_LIMIT_PER_MINUTE,
    trustProxy: data.TRUST_PROXY === 'true',
    fakeClock: Object.fromEntries(Object.entries(given).filter(isOfFakeClock)),
  }
}

function kafkaOf(data: z.infer<typeof schema>) {
  const { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic, KAFKA_SASL_MECHANISM: mechanism } = data
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = data
  if (!brokers) return undefined
  return {
    ...{ brokers, topic },
    tls: data.KAFKA_TLS === 'true' ? { caFile: data.KAFKA_TLS_CA_FILE } : undefined,
    sasl: username !== undefined && password !== undefined ? { mechanism, username, password } : undefined,
  }
}

/** For the start of a process: a wrong configuration is told in one line and ends it. */
export function readConfigOrExit(): Config {
  try {
    return readConfig()
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
}

function isOfFakeClock(variable: [string, string | undefined]): variable is [string, string] {
  return /^(LD_PRELOAD|FAKETIME.*)$/.test(variable[0])
}

function wholeNumber(min: number, max: number) {
  const range = `must be a whole number from ${min} to ${max}`
  return z.string().regex(/^\d+$/, range).transform(Number).pipe(z.int().min(min, range).max(max, range))
}
