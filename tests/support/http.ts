import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { type AppSettings, buildApp } from '../../src/app.ts'
import { INTERNAL_TOKEN } from './access.ts'
import { type MemoryParts, type MemorySettings, memoryParts } from './memory-app.ts'

export const TOKEN = INTERNAL_TOKEN

/** Any JSON object, with the fields that tests read by name. */
export interface Body {
  readonly id?: string
  readonly winner_ballot_id?: string | null
  readonly seal_hash?: string | null
  readonly user_id?: string
  readonly lottery_date?: string
  readonly ordinal?: number
  readonly submitted_at?: string
  readonly entropy?: Record<string, unknown>
  readonly salt?: string
  readonly code?: string
  readonly detail?: string
  readonly errors?: unknown[]
  readonly items?: Record<string, unknown>[]
  readonly next_cursor?: string | null
  readonly [field: string]: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Body
  readonly text: string
}

export interface Service {
  readonly app: FastifyInstance
  readonly parts: MemoryParts
  /** Sends a request, as in `call('POST /users', { email })`. A string or a buffer is sent unchanged. */
  readonly call: (line: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
}

/** Serves the whole HTTP interface over memory, without limits for slow machines. The server closes when the test ends. */
export async function serve(settings: AppSettings = {}, memory: MemorySettings = {}): Promise<Service> {
  const service = await start(settings, memory)
  onTestFinished(() => service.app.close())
  return service
}

/** The same, for tests that change nothing: one service for all tests of a block, prepared before the first. */
export function serveAll(prepare: (service: Service) => Promise<void>): void {
  let service: Service
  beforeAll(async () => {
    service = await start({}, {})
    await prepare(service)
  })
  afterAll(() => service.app.close())
}

async function start(settings: AppSettings, memory: MemorySettings): Promise<Service> {
  const parts = memoryParts(memory)
  const app = await buildApp(parts, { maxEventLoopDelayMs: 0, ...settings })
  return { app, parts, call: (line, body, headers) => call(app, line, body, headers) }
}

async function call(app: FastifyInstance, line: string, body?: unknown, headers = {}): Promise<Answer> {
  const [method, url] = line.split(/ (.*)/) as ['GET', string]
  const raw = typeof body === 'string' || body instanceof Buffer
  const payload = raw ? body : JSON.stringify(body)
  const answer = await app.inject({
    method,
    url,
    headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(payload !== undefined && { payload }),
  })
  const headersSent = answer.headers as IncomingHttpHeaders
  const json = /[/+]json\b/.test(String(headersSent['content-type'])) && answer.payload !== ''
  return { status: answer.statusCode, headers: headersSent, text: answer.payload, body: json ? answer.json() : {} }
}

/** Asserts that the answer is a complete problem document, and returns it. */
export function expectProblem(answer: Answer, status: number, code: string): Body {
  expect([answer.status, answer.body.code ?? answer.text]).toEqual([status, code])
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({
    type: `urn:lottery:problem:${code}`,
    title: expect.stringMatching(/^[A-Z]/),
    detail: expect.stringMatching(/\S/),
    status,
    request_id: answer.headers['x-request-id'],
  })
  expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  return answer.body
}

/** Counts the stored rows, which a refused call must not change. */
export function rowsStored({ stores }: MemoryParts): number {
  return stores.users.users.rows.size + stores.lotteries.lotteries.rows.size + stores.lotteries.ballots.rows.size
}
