import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { OPENAPI_FILE, openApiText } from '../../support/api-documents.ts'
import { serve } from '../../support/http.ts'

interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: string[]
  readonly responses: Record<string, { description: string; content?: Record<string, { examples?: object }> }>
}
interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { schemas: Record<string, { examples?: unknown[] }> }
}

const text = await readFile(OPENAPI_FILE, 'utf8')
const document: Document = JSON.parse(text)
const operations = Object.values(document.paths).flatMap((path) => Object.values(path))

describe('openapi.json', () => {
  it('is up to date; if not, run npm run generate', async () => {
    expect(await openApiText()).toBe(text)
  })

  it('is served by the service', async () => {
    const { call } = await serve()

    expect(await call('GET /openapi.json')).toMatchObject({ status: 200, body: document })
    expect((await call('GET /docs/json')).body).toEqual(document)
  })

  it('gives its components plain names, and uses every one', () => {
    const names = Object.keys(document.components.schemas)

    expect(names).toEqual(
      [
        'AuditEntry',
        'AuditPage',
        'AuditProof',
        'Ballot',
        'BallotPage',
        'ConsistencyProof',
        'Evidence',
        'InclusionProof',
        'Keys',
        'Lottery',
        'LotteryPage',
        'NewBallot',
        'NewLottery',
        'NewUser',
        'Problem',
        'Receipt',
        'User',
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

  it('has an example of every body, and of every refusal under its code', () => {
    for (const [name, { examples }] of Object.entries(document.components.schemas))
      if (name !== 'Problem') expect(examples, name).toHaveLength(name === 'NewBallot' ? 2 : 1)
    for (const { operationId, tags, responses } of operations) {
      if (!tags?.includes('operations')) expect(responses, operationId).toHaveProperty('400')
      for (const [status, { description, content }] of Object.entries(responses)) {
        if (Number(status) < 400) continue
        const codes = Object.keys(content?.['application/problem+json']?.examples ?? {})
        expect(codes.map((code) => `\`${code}\``).join(', '), `${operationId} ${status}`).toBe(description)
      }
    }
  })
})
