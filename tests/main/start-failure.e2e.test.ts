import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningService } from '../support/running-service.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lottery-service-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a start that fails says why in one line, without a stack', () => {
  it('a data folder that cannot be written', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')

    expect(await failure({ DATA_DIR: join(file, 'data') })).toContain(`DATA_DIR: ${file}/data cannot be written`)
  })

  it('an old PostgreSQL', async () => {
    const server = await oldServer()
    const { port } = server.address() as AddressInfo

    const line = await failure({ DATABASE_URL: `postgres://lottery@127.0.0.1:${port}/lottery` })

    expect(line).toContain('DATABASE_URL: the server is PostgreSQL 14: upgrade it to PostgreSQL 15 or newer')
    server.close()
  })
})

/** The fatal line of the log. */
async function failure(environment: Readonly<Record<string, string>>): Promise<string> {
  await using service = new RunningService(environment)
  expect(await service.exit).toEqual({ code: 1, signal: null })
  const lines = service.output.split('\n').map((line) => JSON.parse(line) as { level: number; msg: string })
  expect(service.output).not.toContain('    at ')
  return lines.find(({ level }) => level === 60)?.msg ?? ''
}

/** Lets everyone in, and answers every statement with one row: 140011, the number of PostgreSQL 14.11. */
async function oldServer(): Promise<Server> {
  const ready = message('Z', Buffer.from('I'))
  const column = Buffer.concat([
    Buffer.from('version\0'),
    Buffer.alloc(4),
    Buffer.alloc(2),
    numbers(25),
    Buffer.alloc(8),
  ])
  const answer = [
    message('T', Buffer.concat([Buffer.from([0, 1]), column])),
    message('D', Buffer.concat([Buffer.from([0, 1]), numbers(6), Buffer.from('140011')])),
    message('C', Buffer.from('SELECT 1\0')),
    ready,
  ]
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', numbers(0)), ready]))
      socket.on('data', (data) => data[0] === 'Q'.charCodeAt(0) && socket.write(Buffer.concat(answer)))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), numbers(body.length + 4), body])
}

function numbers(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
