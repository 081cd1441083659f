import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

/**
 * The twin of notifications.ts for those without Kafka: a receiver of webhooks. It verifies the signature of each event, and
 * prints the message that a real service would send to the winner.
 *
 * Events arrive at least once, so an event with a known id is skipped. A real service stores these ids together with the
 * messages that it has sent, and answers after that.
 */
const { WEBHOOK_SECRET = '', HOST = '127.0.0.1', PORT = '8080' } = process.env
/** Bytes of an event, far above the largest. */
const MAX_BODY_BYTES = 1_000_000

interface Event {
  readonly type: string
  readonly data: {
    readonly date: string
    readonly winners: readonly { readonly ordinal: number; readonly user_id: string }[]
  }
}

if (!WEBHOOK_SECRET.startsWith('whsec_')) {
  console.error('Set WEBHOOK_SECRET to the secret that POST /webhooks has shown: whsec_ and base64.')
  process.exit(1)
}
const webhook = new Webhook(WEBHOOK_SECRET)
const seen = new Set<string>()

const server = createServer((request, response) => void receive(request, response))
server.listen(Number(PORT), HOST, () => console.log(`waiting on port ${(server.address() as AddressInfo).port}`))
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close()
    server.closeAllConnections()
  })
}

/** Answers 204 after the event is handled. Any other answer makes the service send it again. */
async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { type, data } = webhook.verify(await bodyOf(request), request.headers as Record<string, string>) as Event
    const id = String(request.headers['webhook-id'])
    if (type === 'lottery.closed.v1' && !seen.has(id)) notify(data)
    seen.add(id)
    response.writeHead(204).end()
  } catch (error) {
    console.error(`refused: ${(error as Error).message}`)
    response.writeHead(401).end()
  }
}

function notify({ date, winners: [winner] }: Event['data']): void {
  const result = winner ? `ballot ${winner.ordinal} of user ${winner.user_id} has won` : 'nobody has won'
  console.log(`${date}: ${result}. Check it: /lotteries/${date}/evidence`)
}

/** The bytes as they came: a signature is over these, not over what a JSON parser makes of them. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > MAX_BODY_BYTES) throw new Error('the body is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}
