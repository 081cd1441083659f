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
    msg: 'request refused',
  })
})
