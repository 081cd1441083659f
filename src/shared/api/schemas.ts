import { z } from 'zod'
import type { UserId } from '../domain/user-id.ts'

/** Values that all examples share. */
/** The day of the examples, as YYYY-MM-DD. */
export const EXAMPLE_DAY = '2026-11-22'
export const EXAMPLE_USER_ID = '0190f5fe-7c00-7a00-8000-000000000042' as UserId
export const EXAMPLE_INSTANT = '2026-11-22T09:30:00.123Z'

/** A UUID in a response. */
export const uuidSchema = z.string().meta({ format: 'uuid' })

/** A user id in a request: a UUID in any letter case, transformed to lower case. */
export const userIdSchema = z
  .uuid()
  .transform((text) => text.toLowerCase() as UserId)
  .meta({ examples: [EXAMPLE_USER_ID] })

/** UTC, ISO 8601 with milliseconds. */
export const instantSchema = z.string().meta({ format: 'date-time' })
