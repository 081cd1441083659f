import { z } from 'zod'

/** The only reader of the environment. An empty variable counts as absent. */
const schema = z.object({
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
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  RATE_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000).default(0),
  TRUST_PROXY: z.enum(['true', 'false']).default('false'),
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
    logLevel: data.LOG_LEVEL,
    rateLimitPerMinute: data.RATE_LIMIT_PER_MINUTE,
    trustProxy: data.TRUST_PROXY === 'true',
    fakeClock: Object.fromEntries(Object.entries(given).filter(isOfFakeClock)),
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
