import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { createHttpServer } from '../../../src/shared/api/http-server.ts'
import { HttpError } from '../../../src/shared/api/problem-of.ts'

it('the log has the path of every request, and never its query', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const app = createHttpServer({ logger })
  onTestFinished(() => app.close())
  app.get('/answered', async (request) => {
    request.log.info({ req: request }, 'a line of its own')
    return {}
  })
  app.get('/refused', async () => {
    throw new HttpError(403, 'No.')
  })
  app.get('/broken', async () => {
    throw new Error('broken')
  })

  const paths = ['/answered', '/refused', '/broken', '/nope']
  const query = 'email=ada@secret.example&access_token=hunter2'
  for (const path of paths) {
    for (const mark of ['?', '#', '?a?']) await app.inject(path + mark + query)
  }

  const log = lines.join('')
  const logged = lines.map((line) => (JSON.parse(line) as { req?: { url: string } }).req?.url)
  expect([...new Set(logged.filter((url) => url !== undefined))].sort()).toEqual([...paths].sort())
  expect(log).toContain('request failed')
  for (const secret of ['secret.example', 'hunter2', 'email', 'access_token']) expect(log).not.toContain(secret)
})

it('the log has the address of the client', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const app = createHttpServer({ logger, trustProxy: 1 })
  onTestFinished(() => app.close())

  await app.inject({ url: '/nope', headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' } })

  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    req: { method: 'GET', url: '/nope', remoteAddress: '203.0.113.9' },
    res: { statusCode: 404 },
    code: 'route_not_found',
    msg: 'request refused',
  })
})

it.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '0af7651916cd43dd8448eb211c80319c'],
  ['cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later', '0af7651916cd43dd8448eb211c80319c'],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', undefined],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined],
  ['0af7651916cd43dd8448eb211c80319c', undefined],
])('the log of a request with traceparent %s names the trace %s', async (traceparent, traceId) => {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const app = createHttpServer({ logger })
  onTestFinished(() => app.close())

  await app.inject({ url: '/nope', headers: { traceparent } })

  expect((JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>)['trace_id']).toBe(traceId)
})
