import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Ended {
  readonly code: number | null
  /** Standard output and standard error, in order of arrival. */
  readonly output: string
}

/** Runs a program to its end. @throws Error when the program does not exist or takes longer than `withinMs` */
export async function run(program: string, args: readonly string[], withinMs: number): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: withinMs, killSignal: 'SIGKILL' })
  const parts: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => parts.push(part))
  const [code, signal]: (number | string | null)[] = await once(child, 'close')
  const output = Buffer.concat(parts).toString()
  if (signal) throw new Error(`${program} was ended by ${signal} (its limit is ${withinMs} ms): ${output}`)
  return { code: Number(code), output }
}

/** Returns the output of a program. @throws Error when the program fails */
export async function mustRun(program: string, args: readonly string[], withinMs: number): Promise<string> {
  const { code, output } = await run(program, args, withinMs)
  if (code !== 0) throw new Error(`${program} ${args[0]} ended with ${code}: ${output}`)
  return output
}
