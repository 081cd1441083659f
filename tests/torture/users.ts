import type { Stage } from './stage.ts'
import { untilOk } from './until-ok.ts'

const USERS = 8

/** Registers the users who submit ballots, and returns their ids. */
export async function registerUsers({ replicas }: Stage, signal: AbortSignal): Promise<string[]> {
  const users: string[] = []
  for (let n = 1; n <= USERS; n += 1) users.push(await register(replicas[0].url, n, signal))
  return users
}

async function register(url: string, n: number, signal: AbortSignal): Promise<string> {
  const body = JSON.stringify({ email: `user-${n}@example.org` })
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  const answer = await untilOk(`${url}/users`, request, signal)
  return ((await answer.json()) as { id: string }).id
}
