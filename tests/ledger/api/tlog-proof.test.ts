import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { prefersText, tlogProof } from '../../../src/ledger/api/tlog-proof.ts'

const CHECKPOINT = 'example.com/log\n3\nrqvyZ7Q4lhxD1YlfnVCOX5TRqGa1rlS50v7Z3lRn0Sc=\n\n— example.com/log AAAA\n'

describe('a C2SP tlog-proof', () => {
  it('has a header, the index, the hashes in base64, an empty line and the checkpoint', () => {
    expect(tlogProof({ index: 1, proof: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)], checkpoint: CHECKPOINT })).toBe(
      `c2sp.org/tlog-proof@v1\nindex 1\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n` +
        `AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n\n${CHECKPOINT}`,
    )
  })

  it('of the only leaf has no hash', () => {
    expect(tlogProof({ index: 0, proof: [], checkpoint: CHECKPOINT })).toBe(
      `c2sp.org/tlog-proof@v1\nindex 0\n\n${CHECKPOINT}`,
    )
  })
})

describe('the form of a proof', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['application/json', false],
    ['text/plain', true],
    ['Text/Plain; charset=utf-8', true],
    ['text/*', true],
    ['text/plain, */*', true],
    ['text/plain, application/json', false],
    ['text/plain;q=0.9, application/json', false],
    ['text/plain, application/json;q=0.9', true],
    ['text/plain;q=0', false],
    ['text/html, application/xhtml+xml, */*;q=0.8', false],
    ['application/problem+json', false],
    ['text/plain;q=high', false],
  ])('for the header Accept: %s is text: %s', async (accept, isText) => {
    const app = Fastify()
    app.get('/', (request, reply) => reply.send({ isText: prefersText(request.headers.accept, reply) }))

    const answer = await app.inject({ url: '/', headers: accept === undefined ? {} : { accept } })

    expect([answer.json(), answer.headers['vary']]).toEqual([{ isText }, 'Accept'])
  })
})
