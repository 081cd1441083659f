import { z } from 'zod'
import { WitnessKey } from '../ledger/infrastructure/witness-key.ts'

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

/** Undefined for the embedded server. */
export function databaseUrl() {
  const given = url(/^postgres(ql)?$/, 'must be a postgres:// URL, or embedded')
  return z
    .string()
    .transform((text) => (text === 'embedded' ? undefined : text))
    .pipe(given.optional())
    .optional()
}

export function commaSeparated(item: z.ZodType<string, string>) {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item))
}

/** Whether a text is an origin as browsers send it: scheme, host, and the port unless it is that of the scheme. */
export function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.parse(text)?.origin === text
}

/**
 * Witnesses as `<verifier key>=<URL>`, separated by white space or commas. Neither a verifier key nor the base64 in it holds
 * an equals sign.
 */
export function witnesses() {
  return z.string().transform((text, context) => {
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    const addresses = text.split(/[\s,]+/).filter((item) => item !== '')
    const found: { readonly verifierKey: string; readonly url: string }[] = []
    const keys: WitnessKey[] = []
    for (const [index, item] of addresses.entries()) {
      const [, verifierKey = '', address = ''] = /^([^=]*)=(.*)$/.exec(item) ?? []
      if (!url(/^https?$/, '').safeParse(address).success)
        return refuse(`witness ${index + 1} must be <verifier key>=<http(s) URL>`)
      try {
        keys.push(new WitnessKey(verifierKey))
      } catch (error) {
        return refuse(`the verifier key of witness ${index + 1} ${(error as Error).message}`)
      }
      found.push({ verifierKey, url: address })
    }
    const names = new Set(keys.map(({ name }) => name))
    const publicKeys = new Set(keys.map(({ publicKey }) => Buffer.from(publicKey).toString('hex')))
    if (names.size < keys.length || publicKeys.size < keys.length)
      return refuse('the names and the keys of witnesses must differ')
    return found
  })
}

export function withoutFinalSlash(text: string): string {
  return text.replace(/\/+$/, '')
}
