import { describe, expect, it } from 'vitest'
import { bearer } from '../../support/access.ts'
import { userId } from '../../support/builders.ts'
import { expectProblem, serve } from '../../support/http.ts'

const OPERATOR = await bearer('operator')

describe('users', () => {
  it('register with an address and a name, and are found at their Location', async () => {
    const { call } = await serve()

    const made = await call('POST /users', { email: 'Ada@example.org', name: 'Ada' })
    const found = await call(`GET ${made.headers.location}`, undefined, OPERATOR)

    expect(made.status).toBe(201)
    expect(made.headers.location).toBe(`/users/${made.body.id}`)
    expect(made.body).toEqual({ id: expect.any(String), email: 'Ada@example.org', name: 'Ada', banned_at: null })
    expect([found.status, found.body]).toEqual([200, made.body])
  })

  it('register without a name', async () => {
    const { call } = await serve()

    expect((await call('POST /users', { email: 'ada@example.org' })).body).toMatchObject({ name: null })
  })

  it('have unique addresses, in any case', async () => {
    const { call } = await serve()
    await call('POST /users', { email: 'ada@example.org' })

    expectProblem(await call('POST /users', { email: 'ADA@example.org' }), 409, 'email_taken')
  })

  it('are found by their id in any case', async () => {
    const { call, parts } = await serve()
    const id = await parts.register()

    expect((await call(`GET /users/${id.toUpperCase()}`)).body).toMatchObject({ id })
  })

  it('are banned once, and can be unbanned repeatedly', async () => {
    const { call, parts } = await serve()
    const ban = (user: string) => call(`POST /users/${user}/ban`, undefined, OPERATOR)
    const id = await parts.register()

    expect((await ban(id)).status).toBe(204)
    expect((await call(`GET /users/${id}`)).body).toMatchObject({ banned_at: '2026-03-10T12:00:00.000Z' })
    expectProblem(await ban(id), 409, 'user_already_banned')
    for (let i = 0; i < 2; i += 1)
      expect(await call(`POST /users/${id}/unban`, undefined, OPERATOR)).toMatchObject({ status: 204, text: '' })
    expect((await call(`GET /users/${id}`)).body).toMatchObject({ banned_at: null })
  })

  it.each(['GET /users/:id', 'POST /users/:id/ban', 'POST /users/:id/unban', 'GET /users/:id/ballots'])(
    'that do not exist are 404 for %s',
    async (line) => {
      const { call } = await serve()

      expectProblem(await call(line.replace(':id', userId()), undefined, OPERATOR), 404, 'user_not_found')
    },
  )
})
