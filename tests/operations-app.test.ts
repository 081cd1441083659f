import { expect, it, onTestFinished } from 'vitest'
import { buildOperationsApp } from '../src/operations-app.ts'
import { TODAY } from './support/builders.ts'
import { serve } from './support/http.ts'

const OPERATIONS_PORT = 9000

it('with a port for operators, the API answers neither metrics nor counts', async () => {
  const { call } = await serve({ operationsPort: OPERATIONS_PORT })

  expect(await call('GET /metrics')).toMatchObject({ status: 404, body: { code: 'route_not_found' } })
  const ready = await call('GET /health/ready')
  expect([ready.status, ready.body]).toEqual([200, { status: 'ready' }])
  expect((await call('GET /health/live')).body).toEqual({ status: 'live' })
  expect((await call('GET /openapi.json')).text).not.toMatch(/\/metrics|overdue_lotteries/)
})

it('without one, the API answers both', async () => {
  const { call } = await serve()

  expect((await call('GET /metrics')).status).toBe(200)
  expect((await call('GET /health/ready')).body).toEqual({ status: 'ready', overdue_lotteries: 0, sealed_lotteries: 0 })
})

it('the listener for operators answers health with counts, the metrics of the API, and nothing else', async () => {
  const { call, parts } = await serve({ operationsPort: OPERATIONS_PORT })
  const operations = await buildOperationsApp(parts)
  onTestFinished(() => operations.close())
  await call('POST /lotteries/submit', { user_id: await parts.register(), date: TODAY })
  parts.clock.advance({ days: 1 })

  const ready = await operations.inject('/health/ready')
  const metrics = await operations.inject('/metrics')
  const lotteries = await operations.inject('/lotteries')

  expect(ready.json()).toEqual({ status: 'ready', overdue_lotteries: 1, sealed_lotteries: 0 })
  expect((await operations.inject('/health/live')).json()).toEqual({ status: 'live' })
  expect(metrics.headers['content-type']).toMatch(/^text\/plain/)
  expect(metrics.payload).toMatch(/http_request_duration_seconds_count\{method="POST",route="\/lotteries\/submit"/)
  expect(lotteries.statusCode).toBe(404)
  expect(lotteries.json()).toMatchObject({ code: 'route_not_found', request_id: lotteries.headers['x-request-id'] })
})

it('both listeners are not ready while the database is unavailable', async () => {
  const { call, parts } = await serve({ operationsPort: OPERATIONS_PORT })
  const operations = await buildOperationsApp(parts)
  onTestFinished(() => operations.close())

  parts.database.unavailable = true

  expect((await call('GET /health/ready')).status).toBe(503)
  expect((await operations.inject('/health/ready')).statusCode).toBe(503)
  expect((await operations.inject('/health/live')).statusCode).toBe(200)
})
