import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES } from '../../../src/app.ts'
import { OPENAPI_FILE } from '../../support/api-documents.ts'
import { CAUSE, NOON, TODAY } from '../../support/builders.ts'
import { serve } from '../../support/http.ts'

interface Component {
  readonly $ref?: string
  readonly allOf?: Component[]
  readonly oneOf?: Component[]
  readonly discriminator?: { propertyName: string; mapping: Record<string, string> }
  readonly properties?: { event?: Component; type?: Component; data?: Component }
  readonly required?: string[]
  readonly const?: string
}

interface Schemas {
  readonly AuditEntry: Component
  readonly AuditEvent: Component
}

const { schemas }: { schemas: Schemas } = JSON.parse(await readFile(OPENAPI_FILE, 'utf8')).components
const named = (ref = '') => schemas[ref.replace('#/components/schemas/', '') as keyof Schemas]

describe('an event in the audit log', () => {
  it('is documented as one of all event types, by its type', () => {
    const { oneOf = [], discriminator } = schemas.AuditEvent

    expect(schemas.AuditEntry.properties?.event).toEqual({ $ref: '#/components/schemas/AuditEvent' })
    expect(discriminator?.propertyName).toBe('type')
    expect(Object.keys(discriminator?.mapping ?? {})).toEqual(EVENT_TYPES.map(({ type }) => type))
    expect(Object.values(discriminator?.mapping ?? {})).toEqual(oneOf.map(({ $ref }) => $ref))
  })

  it.each(EVENT_TYPES)('is documented with the data of $type and the common envelope', ({ type, data }) => {
    const [envelope, own] = named(schemas.AuditEvent.discriminator?.mapping[type]).allOf ?? []
    const { shape } = data as unknown as { readonly shape: object }

    expect(envelope).toEqual({ $ref: '#/components/schemas/AuditEventEnvelope' })
    expect(own?.properties?.type?.const).toBe(type)
    expect(Object.keys(own?.properties?.data?.properties ?? {})).toEqual(Object.keys(shape))
    expect(own?.required).toEqual(['type', 'data'])
  })

  it('is answered whole when its type or its data are unknown to the service', async () => {
    const { call, parts } = await serve()
    const data = { z: [1, { b: null }], a: 'kept' }
    const event = { aggregate: `lottery/${TODAY}`, seq: 1, occurredAt: NOON, cause: CAUSE, data }
    parts.database.outbox.push({ ...event, type: 'lottery.moved.v9' }, { ...event, seq: 2, type: 'lottery.created.v1' })
    await parts.auditLog.sequenceEvents.execute()

    const { status, body } = await call('GET /audit')

    expect(status).toBe(200)
    expect(body.items?.map(({ event: shown }) => shown)).toMatchObject([
      { type: 'lottery.moved.v9', data },
      { type: 'lottery.created.v1', data },
    ])
  })
})
