import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../../src/shared/domain/error-code.ts'
import { OPENAPI_FILE, openApiText } from '../../support/api-documents.ts'
import { TODAY } from '../../support/builders.ts'
import { serve } from '../../support/http.ts'

interface Response {
  readonly $ref?: string
  readonly description: string
  readonly content?: Record<string, { schema?: { allOf?: object[] }; examples?: Record<string, { $ref: string }> }>
}
interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: string[]
  readonly servers?: object[]
  readonly responses: Record<string, Response>
}
interface Document {
  readonly openapi: string
  readonly servers: { readonly url: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: {
    readonly schemas: Record<string, { examples?: unknown[] }>
    readonly responses: Record<string, Response>
    readonly examples: Record<string, { value: object }>
  }
}

/** Codes that no operation can name: they come from a request that reaches no operation, or not as a whole. */
const CODES_OF_NO_OPERATION = ['headers_too_large', 'method_not_allowed', 'request_timeout', 'route_not_found']
const PROBLEM = 'application/problem+json'

const text = await readFile(OPENAPI_FILE, 'utf8')
const document: Document = JSON.parse(text)
const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
const refusalsOf = ({ responses }: Operation) =>
  Object.entries(responses).filter(([status, { content }]) => Number(status) >= 400 && !content)
const shared = ({ $ref = '' }: Response) =>
  document.components.responses[$ref.replace('#/components/responses/', '')] as Response

describe('openapi.json', () => {
  it('is up to date; if not, run npm run generate', async () => {
    expect(await openApiText()).toBe(text)
  })

  it('is served by the service', async () => {
    const { call } = await serve()

    expect(await call('GET /openapi.json')).toMatchObject({ status: 200, body: document })
    const withToday = JSON.stringify(document).replaceAll('2026-11-22', TODAY)
    expect((await call('GET /docs/json')).body).toEqual(JSON.parse(withToday)) // so that examples can be sent
  })

  it('gives its components plain names, and uses every one', () => {
    const names = Object.keys(document.components.schemas)

    expect(names).toEqual(
      [
        'Archive',
        'ArchiveManifest',
        'ArchivedMonth',
        'ArchivedMonthWithManifest',
        'AuditEntry',
        'AuditEvent',
        'AuditEventEnvelope',
        'AuditPage',
        'AuditProof',
        'Ballot',
        'BallotPage',
        'BatchBallot',
        'BatchResults',
        'ConsistencyProof',
        'Evidence',
        'InclusionProof',
        'JwkSet',
        'Keys',
        'LedgerKeyUsedV1',
        'Lottery',
        'LotteryArchivedV1',
        'LotteryClosedV1',
        'LotteryCreatedV1',
        'LotteryPage',
        'LotterySealedV1',
        'MadeWebhook',
        'NewBallot',
        'NewBatch',
        'NewLottery',
        'NewUser',
        'NewWebhook',
        'OwnedBallot',
        'OwnedBallotPage',
        'Problem',
        'ProvedEvent',
        'Receipt',
        'User',
        'UserBannedV1',
        'UserForgottenV1',
        'UserPage',
        'UserRegisteredV1',
        'UserUnbannedV1',
        'Webhook',
        'WebhookCreatedV1',
        'WebhookDeletedV1',
        'WebhookDelivery',
        'WebhookDeliveryPage',
        'WebhookDisabledV1',
        'WebhookEnabledV1',
        'WebhookList',
      ].sort(),
    )
    for (const name of names) expect(text).toContain(`"#/components/schemas/${name}"`)
    expect(text).not.toContain('9007199254740991')
  })

  it('gives every operation a unique name, a summary and a tag', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    for (const operation of operations)
      expect(operation).toMatchObject({
        operationId: expect.any(String),
        summary: expect.any(String),
        tags: [expect.any(String)],
      })
  })

  it('describes every operation, beyond its summary, in one or two sentences', () => {
    for (const { operationId, summary = '', description = '' } of operations) {
      expect(description, operationId).toMatch(/^[A-Z`].{20,}\.$/)
      expect(description.match(/\.(?= |$)/g)?.length, operationId).toBeLessThanOrEqual(2)
      expect(description, operationId).not.toContain(summary)
    }
  })

  it('has an example of every body', () => {
    for (const [name, { examples }] of Object.entries(document.components.schemas))
      if (!/^Problem$|^AuditEvent$|V\d+$/.test(name)) expect(examples, name).toHaveLength(name === 'NewBallot' ? 2 : 1)
  })

  it('lists each path once, and the version below which it is served as a server', () => {
    expect(document.servers.map(({ url }) => url)).toEqual(['/', '/v1'])
    for (const [path, methods] of Object.entries(document.paths)) {
      const isApi = /^\/(users|lotteries|keys|audit|events|archive|webhooks)\b/.test(path)
      expect(path).not.toMatch(/^\/v1/)
      for (const { servers } of Object.values(methods))
        expect(servers, path).toEqual(isApi ? undefined : [{ url: '/' }])
    }
  })
})

describe('the refusals in openapi.json', () => {
  it('of a set of codes stand once, and operations refer to them', () => {
    const descriptions = Object.values(document.components.responses).map(({ description }) => description)

    expect(new Set(descriptions).size).toBe(descriptions.length)
    for (const operation of operations) {
      if (!operation.tags?.includes('operations'))
        expect(operation.responses, operation.operationId).toHaveProperty('400')
      for (const [status, response] of refusalsOf(operation))
        expect(shared(response), `${operation.operationId} ${status}`).toBeDefined()
      for (const { content } of Object.values(operation.responses)) expect(content ?? {}).not.toHaveProperty([PROBLEM])
    }
    expect(text.length).toBeLessThan(200_000)
  })

  it('list exactly their codes, with an example of each', () => {
    for (const [name, { description, content }] of Object.entries(document.components.responses)) {
      const { schema, examples = {} } = content?.[PROBLEM] ?? {}
      const codes = Object.keys(examples)

      expect(schema?.allOf, name).toEqual([
        { $ref: '#/components/schemas/Problem' },
        { type: 'object', properties: { code: { type: 'string', enum: codes } } },
      ])
      expect(codes.map((code) => `\`${code}\``).join(', ')).toBe(description)
      for (const code of codes) {
        expect(examples[code]).toEqual({ $ref: `#/components/examples/${code}` })
        expect(document.components.examples[code]?.value).toMatchObject({ code })
      }
    }
  })

  it('have the status of their examples', () => {
    for (const operation of operations)
      for (const [status, response] of refusalsOf(operation))
        for (const code of Object.keys(shared(response).content?.[PROBLEM]?.examples ?? {}))
          expect(document.components.examples[code]?.value).toMatchObject({ status: Number(status) })
  })

  it('have all codes of the service, and no other', () => {
    const codes = Object.values(document.components.responses).flatMap(({ content }) =>
      Object.keys(content?.[PROBLEM]?.examples ?? {}),
    )

    expect([...new Set([...codes, ...CODES_OF_NO_OPERATION])].sort()).toEqual(ERROR_CODES)
  })
})
