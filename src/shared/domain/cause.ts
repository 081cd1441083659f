/** Actor of an event: an unknown caller, a caller with the internal token, or the service itself. */
export type Actor = 'anonymous' | 'internal-token' | 'service'

/** Cause of an event. */
export interface Cause {
  readonly actor: Actor
  /** Id of the HTTP request, sent in its response as `X-Request-Id`; null without a request. */
  readonly requestId: string | null
}

/** Cause of work that the service starts itself, such as closing at midnight. */
export const CAUSED_BY_SERVICE: Cause = { actor: 'service', requestId: null }
