import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer } from '../support/access.ts'
import { userId } from '../support/builders.ts'
import { startService } from '../support/running-service.ts'
import { query } from '../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const TOKEN = 'the-token-of-this-test'
const WRONG_TOKEN = 'a-token-that-is-wrong'
const EMAIL = 'Ada.Lovelace@Secret.Example'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

describe('the log', () => {
  it('holds no token, e-mail address or password, even when requests fail', async () => {
    const environment = { DATABASE_URL: database.url, INTERNAL_CLOSE_TOKEN: TOKEN, LOG_LEVEL: 'trace' }
    await using service = await startService(environment)
    const register = (email: string) => service.post('/users', { email, name: 'Ada' })
    const close = (token: string) =>
      service.post('/lotteries/close?date=2031-03-01', undefined, { 'x-internal-token': token })

    const operator = await bearer('operator', 'olivia')
    const refused = { authorization: `${operator.authorization.slice(0, -4)}AAAA` }
    const signature = operator.authorization.split('.')[2]?.slice(0, 40).toLowerCase() ?? ''
    const statuses = [
      await register(EMAIL),
      await register(EMAIL.toUpperCase()),
      await register(`${EMAIL}@`),
      await service.post('/users', { [EMAIL]: EMAIL }),
      await close(TOKEN),
      await close(WRONG_TOKEN),
      await service.post(`/users/${userId()}/ban`, undefined, operator),
      await service.post(`/users/${userId()}/ban`, undefined, refused),
      await service.get('/users/me?access_token=in-the-query'),
    ].map(({ status }) => status)
    await query(database.url, 'alter table users drop column name')
    const broken = await register(`2${EMAIL}`)
    await query(database.url, 'drop table users cascade')
    const gone = await register(`3${EMAIL}`)
    await service.stop()

    expect([...statuses, broken.status, gone.status]).toEqual([201, 409, 400, 400, 404, 403, 404, 401, 401, 500, 500])
    expect(service.output).toContain('"statusCode":500')
    const { password } = new URL(database.url)
    for (const secret of [
      TOKEN,
      WRONG_TOKEN,
      password,
      'lovelace',
      'secret.example',
      'olivia',
      signature,
      'in-the-query',
    ]) {
      expect(service.output.toLowerCase()).not.toContain(secret)
    }
  })
})
