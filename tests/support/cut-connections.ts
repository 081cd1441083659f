import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** A way to a server that breaks each connection after `bytes` bytes of it went to the server. */
export async function cutConnections(
  serverUrl: string,
  bytes: number,
): Promise<AsyncDisposable & { readonly url: string }> {
  const { hostname, port } = new URL(serverUrl)
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname)
    let passed = 0
    client.on('data', (piece) => {
      passed += piece.length
      if (passed <= bytes) return server.write(piece)
      client.destroy()
      return server.destroy()
    })
    server.pipe(client)
    for (const socket of [client, server]) socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
