import type { FastifyInstance } from 'fastify'
import type { Evidence } from '../../src/verify/document.ts'
import { openCheckpoint as open, parseLogKey } from '../../src/verify/note.ts'
import { type Inputs, verify } from '../../src/verify/verify.ts'

/** Opens a checkpoint with the key of its log. Undefined unless the key signed it. */
export function openCheckpoint(
  note: string,
  vkey: string,
): { readonly origin: string; readonly size: number; readonly root: string } | undefined {
  const checkpoint = open(note, parseLogKey(vkey, 'the key'))
  if (!checkpoint) return undefined
  const { origin, size, root } = checkpoint
  return { origin, size, root }
}

async function evidenceTextOf(app: FastifyInstance, day: string): Promise<string> {
  const { statusCode, body } = await app.inject(`/lotteries/${day}/evidence`)
  if (statusCode !== 200) throw new Error(`the evidence of ${day} was answered with ${statusCode}: ${body}`)
  return body
}

export async function evidenceOf(app: FastifyInstance, day: string): Promise<Evidence> {
  return JSON.parse(await evidenceTextOf(app, day)) as Evidence
}

/** What the verifier says about a day: its verdict, and the checks that failed. */
export async function verdictOn(
  app: FastifyInstance,
  day: string,
  given: Partial<Inputs> = {},
): Promise<{ readonly verdict: number; readonly failed: readonly string[] }> {
  const { verdict, checks } = await verify({ evidence: await evidenceTextOf(app, day), ...given })
  return { verdict, failed: checks.flatMap(({ ok, what, because }) => (ok ? [] : `${what} ${because ?? ''}`)) }
}

/** The lines of a text, as the verifier reads them. */
export async function* linesIn(text: string): AsyncGenerator<string> {
  yield* text.trimEnd().split('\n')
}
