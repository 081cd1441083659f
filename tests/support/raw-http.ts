import { type AddressInfo, connect } from 'node:net'
import type { Answer, Service } from './http.ts'

/**
 * Sends bytes on a new connection and returns the answer, whose `text` is all that came after the first empty line. The
 * service must end the connection itself: the client keeps its side open.
 */
export async function send({ app }: Pick<Service, 'app'>, ...parts: (string | Buffer)[]): Promise<Answer> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {}) // a refusal may reset the connection while bytes are still being sent
  for (const part of parts) socket.write(part)
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk))
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
  socket.destroy()
  const [head = '', text = ''] = Buffer.concat(received)
    .toString()
    .split(/\r\n\r\n(.*)/s)
  const [first = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(/: ?(.*)/s)))
  const body = String(headers['content-type']).includes('json') ? JSON.parse(text) : {}
  return { status: Number(first.split(' ')[1]), headers, text, body }
}
