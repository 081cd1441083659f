import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.ts'

const WITNESSES = [
  'witness.example/a+1a1d786f+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB',
  'witness.example/b+5675e415+BAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC',
] as const

describe('the configuration', () => {
  it('limits registrations and refused tokens by default, and trusts no proxy', () => {
    expect(readConfig({})).toMatchObject({
      rateLimitPerMinute: 0,
      registrationsPerMinute: 60,
      refusedTokensPerMinute: 60,
      trustProxy: false,
      operationsPort: undefined,
    })
  })

  it('reads the proxies and the port for operators', () => {
    const environment = { TRUST_PROXY: '127.0.0.1, 10.0.0.0/8', OPERATIONS_PORT: '9000', PORT: '8000' }

    expect(readConfig(environment)).toMatchObject({ trustProxy: ['127.0.0.1', '10.0.0.0/8'], operationsPort: 9000 })
  })

  it.each([
    [{ TRUST_PROXY: 'true' }, /TRUST_PROXY: must not be true, .*; set the number of proxies/],
    [{ TRUST_PROXY: 'proxy.example' }, /TRUST_PROXY: must be false, a number of proxies from 1 to 10, or addresses/],
    [{ OPERATIONS_PORT: '8000' }, /OPERATIONS_PORT: must differ from PORT/],
    [{ OPERATIONS_PORT: '9000', PORT: '9000' }, /OPERATIONS_PORT: must differ from PORT/],
    [{ PORT: '65536' }, /^The configuration is not valid. PORT: must be a whole number from 0 to 65535$/],
    [{ OPERATIONS_PORT: '65536' }, /OPERATIONS_PORT: must be a whole number from 0 to 65535/],
    [{ REGISTRATIONS_PER_MINUTE: '-1' }, /REGISTRATIONS_PER_MINUTE: must be a whole number/],
    [{ REFUSED_TOKENS_PER_MINUTE: 'many' }, /REFUSED_TOKENS_PER_MINUTE: must be a whole number/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /OTEL_EXPORTER_OTLP_ENDPOINT: must be an http\(s\) URL/],
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, /OTEL_TRACES_SAMPLER: must be always_on, always_off or traceidratio/],
    [{ OTEL_TRACES_SAMPLER_ARG: '2' }, /OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1/],
  ])('refuses %j', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message)
  })

  it.each([
    [{ DATBASE_URL: 'hunter2' }, 'DATBASE_URL: is no setting of the service; rename it to DATABASE_URL, or unset it'],
    [{ WITNES_QUORUM: 'hunter2' }, 'rename it to WITNESS_QUORUM'],
    [{ LOTTERY_ENTROPY: 'hunter2' }, 'rename it to ENTROPY'],
    [{ PORTS: 'hunter2' }, 'rename it to PORT'],
  ])('refuses a name that looks like a mistake, and never shows the value: %j', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message)
    expect(() => readConfig(environment)).not.toThrow('hunter2')
  })

  it('takes no offence at the names of other programs', () => {
    const names = ['HOME', 'HOSTNAME', 'PATH', 'PWD', 'MAIL', 'LOTTERY_PORT', 'LOTTERY_SERVICE_HOST', 'KAFKA_PORT']
    const others = [
      ...names,
      'AWS_ENDPOINT_URL_STS',
      'AWS_PROFILE',
      'OWNER_DATABASE_URL',
      'POSTGRES_HOST',
      'NODE_OPTIONS',
      'OTEL_SERVICE_NAME',
      'OTEL_EXPORTER_OTLP_HEADERS',
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    ]

    expect(() => readConfig(Object.fromEntries(others.map((name) => [name, 'x'])))).not.toThrow()
  })

  it('lets the system choose both ports', () => {
    expect(readConfig({ PORT: '0', OPERATIONS_PORT: '0' })).toMatchObject({ port: 0, operationsPort: 0 })
  })

  it.each([
    ['DATABASE_URL', /DATABASE_URL: must be set when NODE_ENV is production, to a postgres:\/\/ URL, or to embedded/],
    ['PARTICIPANTS', /PARTICIPANTS: must be set when NODE_ENV is production, to open or authenticated/],
    ['LEDGER_NAME', /LEDGER_NAME: must be set when NODE_ENV is production, to a name that no other log has/],
    ['ENTROPY', /ENTROPY: must be set when NODE_ENV is production, to commit-reveal or drand/],
  ])('has no default of %s in production', (missing, message) => {
    const own = { PARTICIPANTS: 'open', LEDGER_NAME: 'lottery.example', ENTROPY: 'drand' }
    const chosen = { NODE_ENV: 'production', DATABASE_URL: 'embedded', ...own }

    expect(readConfig(chosen)).toMatchObject({ ledgerName: 'lottery.example', entropy: 'drand' })
    expect(() => readConfig({ ...chosen, [missing]: '' })).toThrow(message)
  })

  it('reads witnesses, separated by white space or commas', () => {
    const addresses = [
      { verifierKey: WITNESSES[0], url: 'https://a.example/prefix' },
      { verifierKey: WITNESSES[1], url: 'http://127.0.0.1:7380' },
    ]

    for (const separator of [' ', ',', ', ', '\n']) {
      const text = addresses.map(({ verifierKey, url }) => `${verifierKey}=${url}`).join(separator)
      const { witnesses, witnessQuorum } = readConfig({ WITNESSES: text, WITNESS_QUORUM: '2' })
      expect([witnesses, witnessQuorum]).toEqual([addresses, 2])
    }
    expect(readConfig({})).toMatchObject({ witnesses: [], witnessQuorum: undefined })
  })

  it.each([
    [{ WITNESSES: WITNESSES[0] }, /WITNESSES: witness 1 must be <verifier key>=<http\(s\) URL>/],
    [{ WITNESSES: `${WITNESSES[0]}=ftp://a.example` }, /witness 1 must be <verifier key>=<http\(s\) URL>/],
    [{ WITNESSES: 'a.example=https://a.example' }, /the verifier key of witness 1 must be a C2SP verifier key/],
    [
      { WITNESSES: `${WITNESSES[0].replace('/a', '/c')}=https://a.example` },
      /must have the key id of its name and key/,
    ],
    [
      { WITNESSES: `${WITNESSES[0]}=https://a.example ${WITNESSES[0]}=https://b.example` },
      /keys of witnesses must differ/,
    ],
    [
      { WITNESSES: `${WITNESSES[0]}=https://a.example`, WITNESS_QUORUM: '2' },
      /WITNESS_QUORUM: must not exceed the number/,
    ],
    [
      { WITNESSES: `${WITNESSES[0]}=https://a.example`, WITNESS_QUORUM: '0' },
      /WITNESS_QUORUM: must be a whole number from 1/,
    ],
    [{ WITNESS_QUORUM: '1' }, /WITNESS_QUORUM: must not exceed the number of WITNESSES/],
  ])('refuses %j', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message)
  })

  it('takes a data folder for lasting when it holds the database or was chosen', () => {
    const DATABASE_URL = 'postgres://localhost/lottery'

    expect(readConfig({}).dataDirLasts).toBe(true)
    expect(readConfig({ DATABASE_URL }).dataDirLasts).toBe(false)
    expect(readConfig({ DATABASE_URL, DATA_DIR: '/var/lib/lottery' }).dataDirLasts).toBe(true)
  })
})

describe('the configuration of the archive', () => {
  const S3 = { ARCHIVE_URL: 's3://my-bucket/old/lottery/', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }

  it('is absent without a URL', () => {
    expect(readConfig({}).archive).toBeUndefined()
  })

  it('reads a folder', () => {
    expect(readConfig({ ARCHIVE_URL: 'file:///srv/old%20months', ARCHIVE_AFTER_MONTHS: '3' }).archive).toEqual({
      store: { kind: 'file', folder: '/srv/old months' },
      afterMonths: 3,
      graceDays: 7,
      publicUrl: undefined,
      databaseUrl: undefined,
    })
  })

  it('reads a bucket, by the usual variables of AWS', () => {
    const environment = {
      ...S3,
      AWS_DEFAULT_REGION: 'eu-north-1',
      AWS_ENDPOINT_URL: 'http://store.example:7070',
      AWS_SESSION_TOKEN: 'session',
      ARCHIVE_OBJECT_LOCK_DAYS: '400',
      ARCHIVE_STORAGE_CLASS: 'GLACIER_IR',
      ARCHIVE_PUBLIC_URL: 'https://archive.example/old',
    }

    expect(readConfig(environment).archive).toMatchObject({
      store: {
        kind: 's3',
        bucket: 'my-bucket',
        prefix: 'old/lottery',
        region: 'eu-north-1',
        endpoint: 'http://store.example:7070',
        accessKeyId: 'id',
        secretAccessKey: 'secret',
        sessionToken: 'session',
        objectLockDays: 400,
        storageClass: 'GLACIER_IR',
      },
      publicUrl: 'https://archive.example/old/',
    })
    expect(
      readConfig({ ...environment, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: 'https://s3.example' }),
    ).toMatchObject({ archive: { store: { region: 'eu-west-1', endpoint: 'https://s3.example' } } })
  })

  it.each([
    [{ ARCHIVE_URL: 'https://bucket' }, /ARCHIVE_URL: must be a file:\/\/ or s3:\/\/ URL/],
    [{ ARCHIVE_URL: 'file://srv/archive' }, /ARCHIVE_URL: must be file:\/\/\/ and the path of a folder/],
    [{ ARCHIVE_URL: 's3://bucket' }, /ARCHIVE_URL: s3:\/\/ needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
    [{ ...S3, ARCHIVE_URL: 's3://Bucket_1' }, /ARCHIVE_URL: must be s3:\/\/ with the name of a bucket/],
    [{ ARCHIVE_AFTER_MONTHS: '3' }, /ARCHIVE_AFTER_MONTHS: needs ARCHIVE_URL/],
    [{ ...S3, ARCHIVE_AFTER_MONTHS: '0' }, /ARCHIVE_AFTER_MONTHS: must be a whole number from 1/],
    [{ ...S3, ARCHIVE_STORAGE_CLASS: 'GLACIER' }, /ARCHIVE_STORAGE_CLASS: /],
    [
      { ARCHIVE_URL: 'file:///a', ARCHIVE_STORAGE_CLASS: 'GLACIER_IR' },
      /ARCHIVE_STORAGE_CLASS: needs an s3:\/\/ ARCHIVE_URL/,
    ],
    [
      { ARCHIVE_URL: 'file:///a', ARCHIVE_OBJECT_LOCK_DAYS: '1' },
      /ARCHIVE_OBJECT_LOCK_DAYS: needs an s3:\/\/ ARCHIVE_URL/,
    ],
  ])('refuses %j', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message)
    expect(() => readConfig(environment)).not.toThrow('secret')
  })
})
