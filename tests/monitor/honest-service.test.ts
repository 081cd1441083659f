import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { main } from '../../src/monitor/main.ts'
import { CAUSE } from '../support/builders.ts'
import { type MemoryParts, memoryParts } from '../support/memory-app.ts'
import { Reader } from './operator.ts'

async function openService() {
  const parts = memoryParts({ at: '2026-11-22T12:00:00Z' })
  const app = await buildApp(parts, { maxEventLoopDelayMs: 0 })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { parts, url, [Symbol.asyncDispose]: () => app.close() }
}

async function submit(url: string, parts: MemoryParts): Promise<void> {
  const userId = await parts.register()
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ user_id: userId })
  const { status } = await fetch(`${url}/lotteries/submit`, { method: 'POST', headers, body })
  expect(status).toBe(201)
  await parts.auditLog.sequenceNow()
}

it('follows an honest service over days, with bans', async () => {
  await using service = await openService()
  await using reader = await Reader.open()
  const { parts, url } = service
  const visit = () => reader.visit(url, new Date(parts.clock.now()).toISOString())

  const nothing = await visit()
  await submit(url, parts)
  await submit(url, parts)
  const banned = await parts.register()
  await parts.user.banUser.ban(banned, CAUSE)
  await parts.user.banUser.unban(banned, CAUSE)
  await parts.auditLog.sequenceNow()
  const open = await visit()
  parts.clock.moveTo('2026-11-23T00:00:01Z')
  await parts.lottery.closeDueLotteries.execute()
  await parts.user.banUser.ban(banned, CAUSE)
  await submit(url, parts)
  await parts.auditLog.sequenceNow()
  const closed = await visit()
  const again = await visit()

  expect(nothing.text).toContain('First visit: the service says that its key is lottery.')
  expect(nothing.exit).toBe(0)
  expect(open.text).not.toContain('First visit')
  expect(open.text).toContain('2026-11-22  open')
  expect(closed.text).toMatch(/2026-11-22 {2}re-computes; won: ordinal \d of 2, ballot [-0-9a-f]{36}; 0 excluded/)
  expect(closed.text).toContain('2026-11-23  open')
  expect(closed.text).toContain('2 lotteries, 0 alarms, no contradictions.')
  expect(again).toEqual({ exit: 0, text: closed.text })
  expect([open.exit, closed.exit]).toEqual([0, 0])
})

it('visits again and again until it is ended, and prints what is new', async () => {
  await using service = await openService()
  await using reader = await Reader.open()
  const { parts, url } = service
  await submit(url, parts)
  const ending = new AbortController()
  const printed: string[] = []
  const seesOpen = Promise.withResolvers<void>()
  const running = main([url, '--state', reader.path('state.json')], {
    print: (line) => {
      printed.push(line)
      if (line.includes('2026-11-22  open')) seesOpen.resolve()
      if (line.includes('2026-11-22  re-computes')) ending.abort()
    },
    now: () => parts.clock.now(),
    ending: ending.signal,
    interval: 5,
  })
  await seesOpen.promise
  parts.clock.moveTo('2026-11-23T00:00:01Z')
  await parts.lottery.closeDueLotteries.execute()
  await parts.auditLog.sequenceNow()

  expect(await running).toBe(0)
  expect(printed.filter((line) => line.includes('2026-11-22  open'))).toHaveLength(1)
  expect(await readFile(reader.path('state.json'), 'utf8')).toContain('re-computes')
})
