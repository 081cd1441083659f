import { z } from 'zod'
import { trustedProxiesSchema } from '../shared/api/trusted-proxies.ts'
import {
  commaSeparated,
  databaseUrl,
  flag,
  isOrigin,
  pattern,
  url,
  wholeNumber,
  withoutFinalSlash,
  witnesses,
} from './values.ts'

/**
 * Settings beside the variables that give them.
 */
export const VARIABLES = {
  /** Undefined: the embedded server is used. `embedded` says so on purpose. */
  databaseUrl: variable('DATABASE_URL', databaseUrl()),
  databasePoolSize: variable('DATABASE_POOL_SIZE', wholeNumber(1, 1_000).default(10)),
  /** Folder of the embedded server's data, and of the signing key where none is given. */
  dataDir: variable('DATA_DIR', z.string().default('.data')),
  /** Processes that serve at the same ports. */
  workers: variable('WORKERS', wholeNumber(1, 64).default(1)),
  host: variable('HOST', z.string().default('0.0.0.0')),
  port: variable('PORT', wholeNumber(0, 65_535).default(8000)),
  /** Port of the listener for operators. Undefined: the main listener serves what operators need. */
  operationsPort: variable('OPERATIONS_PORT', wholeNumber(0, 65_535).optional()),
  environment: variable('NODE_ENV', z.string().default('development')),
  /** Name of the ledgers and of the key that signs them. */
  ledgerName: variable(
    'LEDGER_NAME',
    pattern(/^[a-z0-9.-]{1,100}$/, 'must be 1 to 100 lower-case letters, digits, dots and hyphens').default(
      'lottery.local',
    ),
  ),
  /** Base64 of the Ed25519 seed. Undefined: a key is kept in the data folder. */
  ledgerSigningKey: variable(
    'LEDGER_SIGNING_KEY',
    pattern(/^[A-Za-z0-9+/]{43}=$/, 'must be the base64 of 32 bytes').optional(),
  ),
  /** Outside servers that cosign the audit log. */
  witnesses: variable('WITNESSES', witnesses().default([])),
  /** Witnesses that must have cosigned a sealed lottery before it is drawn. Undefined: no draw waits. */
  witnessQuorum: variable('WITNESS_QUORUM', wholeNumber(1, 1_000).optional()),
  /** Randomness of lotteries that are created from now on. */
  entropy: variable('ENTROPY', z.enum(['commit-reveal', 'drand']).default('commit-reveal')),
  /** Relays of the beacon, asked in this order. */
  drandUrls: variable(
    'DRAND_URLS',
    commaSeparated(url(/^https?$/, 'must be http(s) URLs, separated by commas'))
      .default(['https://api.drand.sh', 'https://drand.cloudflare.com'])
      .transform((urls) => urls.map(withoutFinalSlash)),
  ),
  /** Whether requests without a token may register and submit. */
  participants: variable('PARTICIPANTS', z.enum(['open', 'authenticated']).optional()),
  /** OpenID Connect issuer of the callers' tokens. Undefined: the service issues them itself. */
  authIssuer: variable('AUTH_ISSUER', url(/^https?$/, 'must be an http(s) URL').optional()),
  /** Audience that the issuer's tokens must name. */
  authAudience: variable('AUTH_AUDIENCE', z.string().optional()),
  /** Place of the roles in a token: names separated by dots. */
  authRolesClaim: variable('AUTH_ROLES_CLAIM', z.string().default('roles')),
  /** Value of a token's header parameter `typ`. */
  authTokenType: variable('AUTH_TOKEN_TYPE', z.string().default('at+jwt')),
  authAlgorithms: variable(
    'AUTH_ALGORITHMS',
    commaSeparated(
      pattern(/^(RS|PS|ES)(256|384|512)$|^EdDSA$/, 'must be signature algorithms such as RS256, separated by commas'),
    ).default(['RS256', 'PS256', 'ES256', 'EdDSA']),
  ),
  /** Public client of the issuer, with which the console signs in. Undefined: a token is pasted. */
  consoleClientId: variable('CONSOLE_CLIENT_ID', z.string().optional()),
  /** Base64 of the Ed25519 seed of the service's own tokens. Undefined: a key is kept in the data folder. */
  tokenSigningKey: variable(
    'TOKEN_SIGNING_KEY',
    pattern(/^[A-Za-z0-9+/]{43}=$/, 'must be the base64 of 32 bytes').optional(),
  ),
  /** Days ahead of today that a lottery can be created for. */
  lotteryDaysAhead: variable('LOTTERY_DAYS_AHEAD', wholeNumber(0, 3_660).default(366)),
  /** Undefined: no `X-Internal-Token` closes a lottery. */
  internalCloseToken: variable(
    'INTERNAL_CLOSE_TOKEN',
    z.string().min(16, 'must have at least 16 characters').optional(),
  ),
  /** URL where clients reach the service. */
  publicUrl: variable('PUBLIC_URL', url(/^https?$/, 'must be an http(s) URL').optional()),
  /** Origins whose scripts may read responses in a browser. */
  corsOrigins: variable(
    'CORS_ORIGINS',
    commaSeparated(
      z.string().refine(isOrigin, 'must be origins such as https://shop.example, separated by commas'),
    ).default([]),
  ),
  /** Where faults of security are reported, for /.well-known/security.txt. Undefined: there is none. */
  securityContact: variable(
    'SECURITY_CONTACT',
    url(/^(https|mailto|tel)$/, 'must be an https:, mailto: or tel: URL').optional(),
  ),
  /** Undefined: events are written to the log. */
  kafkaBrokers: variable(
    'KAFKA_BROKERS',
    commaSeparated(pattern(/^[^\s:]+:\d{1,5}$/, 'must be host:port, separated by commas')).optional(),
  ),
  kafkaTopic: variable(
    'KAFKA_TOPIC',
    pattern(/^[A-Za-z0-9._-]{1,249}$/, 'must be 1 to 249 letters, digits, dots, underscores and hyphens').default(
      'lottery.events',
    ),
  ),
  kafkaTls: variable('KAFKA_TLS', flag()),
  kafkaTlsCaFile: variable('KAFKA_TLS_CA_FILE', z.string().optional()),
  kafkaSaslMechanism: variable(
    'KAFKA_SASL_MECHANISM',
    z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).default('SCRAM-SHA-512'),
  ),
  kafkaSaslUsername: variable('KAFKA_SASL_USERNAME', z.string().optional()),
  kafkaSaslPassword: variable('KAFKA_SASL_PASSWORD', z.string().optional()),
  /** Days that events of which the audit log holds a copy stay in the outbox. Undefined: for ever. */
  outboxRetentionDays: variable('OUTBOX_RETENTION_DAYS', wholeNumber(30, 36_500).optional()),
  /** Whether webhooks may use plain http and addresses that are not public. */
  webhookAllowPrivate: variable('WEBHOOK_ALLOW_PRIVATE', flag()),
  /** Where old months go: `file:///folder` or `s3://bucket/prefix`. Undefined: nothing is archived. */
  archiveUrl: variable('ARCHIVE_URL', url(/^(file|s3)$/, 'must be a file:// or s3:// URL').optional()),
  /** Months from the end of a month until it is archived. Undefined: by hand only. */
  archiveAfterMonths: variable('ARCHIVE_AFTER_MONTHS', wholeNumber(1, 1_200).optional()),
  /** Days that archived rows stay in the database, detached, before they are dropped. */
  archiveGraceDays: variable('ARCHIVE_GRACE_DAYS', wholeNumber(0, 3_660).default(7)),
  /** Days for which the store refuses to delete a public object. Undefined: no lock. */
  archiveObjectLockDays: variable('ARCHIVE_OBJECT_LOCK_DAYS', wholeNumber(1, 36_500).optional()),
  /** Storage classes that objects can be read from at once. */
  archiveStorageClass: variable(
    'ARCHIVE_STORAGE_CLASS',
    z.enum(['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR']).optional(),
  ),
  /** URL where anyone can fetch the public objects. */
  archivePublicUrl: variable('ARCHIVE_PUBLIC_URL', url(/^https?$/, 'must be an http(s) URL').optional()),
  /** Database URL of the role that owns the tables, for detaching and dropping. Undefined: that of DATABASE_URL. */
  archiveDatabaseUrl: variable('ARCHIVE_DATABASE_URL', url(/^postgres(ql)?$/, 'must be a postgres:// URL').optional()),
  awsRegion: variable('AWS_REGION', z.string().optional()),
  awsDefaultRegion: variable('AWS_DEFAULT_REGION', z.string().optional()),
  awsAccessKeyId: variable('AWS_ACCESS_KEY_ID', z.string().optional()),
  awsSecretAccessKey: variable('AWS_SECRET_ACCESS_KEY', z.string().optional()),
  awsSessionToken: variable('AWS_SESSION_TOKEN', z.string().optional()),
  awsEndpointUrl: variable('AWS_ENDPOINT_URL', url(/^https?$/, 'must be an http(s) URL').optional()),
  awsEndpointUrlS3: variable('AWS_ENDPOINT_URL_S3', url(/^https?$/, 'must be an http(s) URL').optional()),
  logLevel: variable(
    'LOG_LEVEL',
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  ),
  /** URL of the collector that gets traces. Undefined: nothing is traced. */
  otlpEndpoint: variable(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    url(/^https?$/, 'must be an http(s) URL')
      .transform(withoutFinalSlash)
      .optional(),
  ),
  /** OpenTelemetry reads these two itself, and would replace a wrong value by its default. */
  tracesSampler: variable(
    'OTEL_TRACES_SAMPLER',
    pattern(
      /^(parentbased_)?(always_on|always_off|traceidratio)$/,
      'must be always_on, always_off or traceidratio, or one of them after parentbased_',
    ).optional(),
  ),
  tracesSamplerArg: variable(
    'OTEL_TRACES_SAMPLER_ARG',
    pattern(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1').optional(),
  ),
  /** Requests of one client address in a minute; 0: no limit. */
  rateLimitPerMinute: variable('RATE_LIMIT_PER_MINUTE', wholeNumber(0, 1_000_000).default(0)),
  /** Registrations by anonymous callers of one client address in a minute; 0: no limit. */
  registrationsPerMinute: variable('REGISTRATIONS_PER_MINUTE', wholeNumber(0, 1_000_000).default(60)),
  /** Refused tokens of one client address in a minute; 0: no limit. */
  refusedTokensPerMinute: variable('REFUSED_TOKENS_PER_MINUTE', wholeNumber(0, 1_000_000).default(60)),
  /** Proxies from which the client address and the request id are taken. */
  trustProxy: variable('TRUST_PROXY', trustedProxiesSchema),
}

export type Settings = { readonly [Setting in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[Setting]['schema']> }

function variable<Schema extends z.ZodType>(name: string, schema: Schema): { name: string; schema: Schema } {
  return { name, schema }
}
