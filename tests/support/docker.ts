import { request } from 'node:http'

const ANSWERS_WITHIN_MS = 1_000

/** Reports whether a Docker engine answers. Pings it directly: testcontainers takes seconds to find that there is none. */
export async function dockerAnswers(): Promise<boolean> {
  const { protocol, pathname, hostname, port } = dockerEngine()
  if (protocol !== 'unix:' && protocol !== 'tcp:' && protocol !== 'http:') return false
  const at = protocol === 'unix:' ? { socketPath: pathname } : { host: hostname, port: port || '2375' }
  return new Promise((resolve) => {
    request({ ...at, path: '/_ping', signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) })
      .on('response', (response) => resolve(response.resume().statusCode === 200))
      .on('error', () => resolve(false))
      .on('close', () => resolve(false))
      .end()
  })
}

/** Address of the engine, found as Docker's own client finds it. */
export function dockerEngine(): URL {
  const { DOCKER_HOST = 'unix:///var/run/docker.sock' } = process.env
  return new URL(DOCKER_HOST)
}
