import { afterEach, describe, expect, it } from 'vitest'
import { bearer } from '../support/access.ts'
import { TODAY } from '../support/builders.ts'
import { expectProblem, rowsStored, type Service, serve, serveAll } from '../support/http.ts'

const USER = '0190f5fe-7c00-7a00-8000-000000000042'
const deep = (open: string, close: string) => open.repeat(4_000) + close.repeat(4_000)

/** Bodies sent to `POST /users`, by what is wrong with them. */
const BODIES: Record<string, unknown> = {
  'no body': undefined,
  'an empty body': '',
  'half an object': '{"email":',
  JSON5: "{email:'a@example.org'}",
  'two values': '{"email":"a@example.org"}{}',
  'a byte order mark': '\ufeff{"email":"a@example.org"}',
  'malformed UTF-8': Buffer.from('{"email":"a@example.org","name":"\xff"}', 'latin1'),
  'UTF-16': Buffer.from('{"email":"a@example.org"}', 'utf16le'),
  null: 'null',
  'a string': '"a@example.org"',
  'a number': '1e999',
  'an array': [{ email: 'a@example.org' }],
  'an unknown field': { email: 'a@example.org', admin: true },
  'a repeated field': '{"email":"a@example.org","email":"b@example.org"}',
  'a field repeated by escapes': '{"email":"a@example.org","\\u0065mail":"b@example.org"}',
  __proto__: '{"email":"a@example.org","__proto__":{"banned_at":1}}',
  'an escaped __proto__': '{"email":"a@example.org","__pr\\u006fto__":{"name":"x"}}',
  'only __proto__': '{"__proto__":{"email":"a@example.org"}}',
  'constructor.prototype': '{"email":"a@example.org","constructor":{"prototype":{"name":"x"}}}',
  'deep arrays': deep('[', ']'),
  'deep objects': `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`,
  'a deep name': `{"email":"a@example.org","name":${deep('[', ']')}}`,
  'an address in an array': { email: ['a@example.org'] },
  'an address that is a number': { email: 1e308 },
  'an invalid address': { email: 'a@b' },
  'a local part of 65 characters': { email: `${'a'.repeat(65)}@example.org` },
  'an address with a NUL': { email: 'a\u0000@example.org' },
  'an address with a lone surrogate': { email: 'a\ud800@example.org' },
  'an address of 255 characters': { email: `a@${'b.'.repeat(125)}org` },
  'an address with a line break': { email: 'a@example.org\n' },
  'a name with a NUL': { email: 'a@example.org', name: 'A\u0000da' },
  'a name with a lone surrogate': { email: 'a@example.org', name: '\udc00Ada' },
  'an escaped lone surrogate': '{"email":"a@example.org","name":"\\ud83d"}',
  'an empty name': { email: 'a@example.org', name: '' },
  'a blank name': { email: 'a@example.org', name: ' \u00a0 ' },
  'a name of 201 characters': { email: 'a@example.org', name: 'x'.repeat(201) },
  'a name that is null': { email: 'a@example.org', name: null },
  'a name with a line break': { email: 'a@example.org', name: 'A\nda' },
  'an invisible name': { email: 'a@example.org', name: '\u200b\u2060' },
  'a name with a bidi override': { email: 'a@example.org', name: 'A\u202eda' },
}

const DAYS = ['2026-02-30', '0000-01-01', '1969-12-31', 'infinity', '-infinity', 'today', '2026-3-10', '20260310', '']
const MORE_DAYS = [
  '2026-03-10T00:00:00Z',
  ' 2026-03-10',
  '12026-03-10',
  '２０２６-03-10',
  '2026-03-10\u0000',
  '9'.repeat(5000),
]

describe('bad input is refused with 400 and stores nothing', () => {
  let service: Service
  let user_id: string
  serveAll(async (served) => {
    service = served
    user_id = await service.parts.register()
  })
  const call: Service['call'] = (...request) => service.call(...request)
  afterEach(() => expect(rowsStored(service.parts)).toBe(1)) // the user

  it.each(Object.entries(BODIES))('%s as the body of a registration', async (_, body) => {
    expectProblem(await call('POST /users', body, { 'content-type': 'application/json' }), 400, 'invalid_request')
  })

  it.each([...DAYS, ...MORE_DAYS])('the date "%.40s"', async (day) => {
    const inPath = encodeURIComponent(day)

    for (const refused of [
      await call('POST /lotteries/create', { date: day }),
      await call('POST /lotteries/submit', { user_id, date: day }),
      await call(`GET /lotteries/winner?date=${inPath}`),
      ...(day === '' ? [] : [await call(`GET /lotteries/${inPath}`), await call(`GET /lotteries/${inPath}/ballots`)]),
    ])
      expectProblem(refused, 400, 'invalid_request')
  })

  it.each(['', 'x', '42', `${USER}0`, `{${USER}}`, USER.replaceAll('-', ''), `${USER}\u0000`, [USER], 42, null, {}])(
    'the user id %j',
    async (user_id) => {
      expectProblem(await call('POST /lotteries/submit', { user_id }), 400, 'invalid_request')
      if (typeof user_id === 'string' && user_id !== '')
        expectProblem(await call(`GET /users/${encodeURIComponent(user_id)}`), 400, 'invalid_request')
    },
  )

  it.each([
    `GET /lotteries/winner?date=${TODAY}&date=${TODAY}`,
    `GET /lotteries/winner?date[]=${TODAY}`,
    `GET /lotteries/winner?date=${TODAY}&verbose=1`,
    `GET /lotteries/winner?date=${TODAY}&__proto__=1`,
    `GET /lotteries/winner?date=${TODAY}&constructor=1`,
    'GET /lotteries/winner',
    'GET /lotteries/winner?date=%ZZ',
    'GET /lotteries/winner?date=%FF%FE',
    `GET /users/${USER}?verbose=1`,
    `POST /users?email=a@example.org`,
    `GET /users/%ZZ`,
    `GET /users/%C3%28`,
    `GET /users/${'x'.repeat(101)}`,
    `GET /lotteries/${'x'.repeat(8000)}/ballots`,
  ])('%.80s', async (line) => {
    const body = line.startsWith('POST') ? { email: 'a@example.org' } : undefined

    expectProblem(await call(line, body), 400, 'invalid_request')
  })

  it.each([`POST /users/${USER}/ban`, `POST /users/${USER}/unban`, `GET /users/${USER}`, 'GET /lotteries'])(
    'a body sent with %s, which takes no body',
    async (line) => {
      const refused = await call(line, { email: 'a@example.org' }, await bearer('operator'))

      expectProblem(refused, 400, 'invalid_request')
    },
  )

  it('a date in the query of a submit, which would otherwise be ignored and mean today', async () => {
    const refused = await call(`POST /lotteries/submit?date=${TODAY}`, { user_id })

    expect(expectProblem(refused, 400, 'invalid_request').errors).toMatchObject([{ in: 'query', field: 'date' }])
  })
})

describe('a refusal of bad input', () => {
  it('names the invalid fields', async () => {
    const { call } = await serve()

    const { errors, detail } = (await call('POST /users', { email: 'x', admin: 1, role: 2 })).body

    expect(errors).toEqual([
      { in: 'body', field: 'email', detail: 'Invalid email address' },
      { in: 'body', field: 'admin', detail: 'Unknown field' },
      { in: 'body', field: 'role', detail: 'Unknown field' },
    ])
    expect(detail).toContain('body email: Invalid email address')
  })

  it('stays short when a thousand fields are wrong', async () => {
    const { call } = await serve()
    const fields = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`field-${n}`, n]))

    expect((await call('POST /users', fields)).text.length).toBeLessThan(4_000)
    expect((await call('POST /users', { ['x'.repeat(15_000)]: 1 })).text.length).toBeLessThan(4_000)
    expect((await call(`GET /${'x'.repeat(15_000)}`)).text.length).toBeLessThan(4_000)
  })
})
