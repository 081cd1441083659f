import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { memoryParts } from '../support/memory-app.ts'

/** The service with the page that checks draws. */
export function appThatChecks(parts = memoryParts()): Promise<FastifyInstance> {
  return buildApp(parts, { maxEventLoopDelayMs: 0 })
}
