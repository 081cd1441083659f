import { describe, expect, it } from 'vitest'
import { expectProblem, type Service, serveAll } from '../../support/http.ts'

let service: Service
serveAll(async (served) => {
  service = served
})

describe('the audit log, asked for what it cannot have,', () => {
  it.each([
    ['type=user.deleted.v1', 'type'],
    ['type=', 'type'],
    ['aggregate=user', 'aggregate'],
    ['aggregate=User/1', 'aggregate'],
    ['aggregate=user/a%20b', 'aggregate'],
    ['aggregate=user/%00', 'aggregate'],
    [`aggregate=user/${'1'.repeat(200)}`, 'aggregate'],
    ['aggregate=user/1&aggregate=user/2', 'aggregate'],
    ['cursor=x', 'cursor'],
    [`cursor=${Buffer.from('-1').toString('base64url')}`, 'cursor'],
    [`cursor=${Buffer.from('1.5').toString('base64url')}`, 'cursor'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['actor=anonymous', 'actor'],
  ])('refuses %s', async (query, field) => {
    const { errors } = expectProblem(await service.call(`GET /audit?${query}`), 400, 'invalid_request')

    expect(errors).toMatchObject([{ in: 'query', field }])
  })

  it.each([
    ['/audit/-1/proof', 'path', 'index'],
    ['/audit/x/proof', 'path', 'index'],
    ['/audit/1.5/proof', 'path', 'index'],
    ['/audit/1234567890123456/proof', 'path', 'index'],
    ['/audit/3/proof?size=0', 'query', 'size'],
    ['/audit/3/proof?size=04', 'query', 'size'],
    ['/audit/3/proof?index=3', 'query', 'index'],
    ['/audit/consistency?from=1', 'query', 'to'],
    ['/audit/consistency?from=-1&to=1', 'query', 'from'],
    ['/audit/consistency?from=01&to=1', 'query', 'from'],
    ['/audit/log?from=-1', 'query', 'from'],
    ['/audit/log?to=1.5', 'query', 'to'],
    ['/audit/log?limit=1', 'query', 'limit'],
    ['/audit/consistency?from=1&to=2&by=1', 'query', 'by'],
    ['/audit/checkpoint?size=3', 'query', 'size'],
  ])('is refused for the request %s', async (url, part, field) => {
    const { errors } = expectProblem(await service.call(`GET ${url}`), 400, 'invalid_request')

    expect(errors).toMatchObject([{ in: part, field }])
  })
})
