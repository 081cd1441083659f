import { z } from 'zod'

// Schemas of the values of environment variables. Their faults never repeat a value, which can be a secret.

export function wholeNumber(min: number, max: number) {
  const range = `must be a whole number from ${min} to ${max}`
  return z.string().regex(/^\d+$/, range).transform(Number).pipe(z.int().min(min, range).max(max, range))
}

export function flag() {
  return z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
}

export function pattern(expression: RegExp, error: string) {
  return z.string().regex(expression, error)
}

export function url(protocol: RegExp, error: string) {
  return z.url({ protocol, error })
}

export function commaSeparated(item: z.ZodType<string, string>) {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item))
}
