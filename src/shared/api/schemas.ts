import { z } from 'zod'
import type { UserId } from '../domain/user-id.ts'

/** The people, things and times of all examples. */
export const EXAMPLE_USER_ID = '0190f5fe-7c00-7a00-8000-000000000042' as UserId
export const EXAMPLE_INSTANT = '2026-11-22T09:30:00.123Z'

/** A UUID that we send. */
export const uuidSchema = z.string().meta({ format: 'uuid' })

/** A user id that we are sent: a UUID in any case, kept in lower case as everywhere inside. */
export const userIdSchema = z
  .uuid()
  .transform((text) => text.toLowerCase() as UserId)
  .meta({ examples: [EXAMPLE_USER_ID] })

/** UTC, ISO 8601 with milliseconds. */
export const instantSchema = z.string().meta({ format: 'date-time' })
