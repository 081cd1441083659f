/** Who can do something: somebody unknown, whoever holds the internal token, or the service by itself. */
export type Actor = 'anonymous' | 'internal-token' | 'service'

/** What an event came from. */
export interface Cause {
  readonly actor: Actor
  /** Id of the HTTP request, which its answer told as `X-Request-Id`; null without one. */
  readonly requestId: string | null
}

/** The cause of what nobody asked for: the midnight, a start. */
export const CAUSED_BY_SERVICE: Cause = { actor: 'service', requestId: null }
