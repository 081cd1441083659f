import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startService } from '../support/running-service.ts'
import { SmallDisk } from '../support/small-disk.ts'

it('a service on a full disk is not ready, and is ready again when there is space', async ({ skip }) => {
  const folder = await mkdtemp(join(tmpdir(), 'lottery-service-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const data = join(folder, 'data')
  const disk = await SmallDisk.mount(data)
  if (!disk) return skip('no small disk can be mounted here')
  onTestFinished(() => disk[Symbol.asyncDispose]())
  await using service = await startService({ DATA_DIR: data })
  const { body: user } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
  const submit = () => service.post('/lotteries/submit', { user_id: user.id })
  expect((await submit()).status).toBe(201)

  await disk.fill()

  await vi.waitFor(async () => expect(await ready()).toEqual([503, 'database_unavailable']), { timeout: 10_000 })
  await disk.empty()
  await vi.waitFor(async () => expect((await ready())[0]).toBe(200), { timeout: 10_000 })
  expect((await submit()).status).toBe(201)
  expect(await service.stop('SIGTERM')).toEqual({ code: 0, signal: null })

  async function ready(): Promise<[number, string | undefined]> {
    const { status, body } = await service.get<{ code?: string }>('/health/ready')
    return [status, body.code]
  }
})
