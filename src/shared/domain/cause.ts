/**
 * Actor of an event: `anonymous`, `internal-token`, `service`, or `<role>:<pseudonym>` for a caller with a token. The
 * pseudonym is a keyed hash of the token's issuer and subject.
 */
export type Actor = string

/** Cause of an event. */
export interface Cause {
  readonly actor: Actor
  /** Id of the HTTP request, sent in its response as `X-Request-Id`; null without a request. */
  readonly requestId: string | null
}

/** Cause of work that the service starts itself, such as closing at midnight. */
export const CAUSED_BY_SERVICE: Cause = { actor: 'service', requestId: null }
