import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Requests as their bytes, for one connection. The answers come in the same order. */
export function requestsOf(...paths: readonly string[]): string {
  return paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join('')
}

/** Connects, sends the bytes, and never reads. The kernel still takes what fits into its buffers, at most some megabytes. */
export async function neverReading(port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  socket.write(bytes)
  return socket
}
