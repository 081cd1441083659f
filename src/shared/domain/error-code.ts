/**
 * Codes of all refusals and failures that the service answers, in alphabetical order. A code is public: it is never renamed
 * and never gets another meaning. A new code is added here first.
 */
export const ERROR_CODES = [
  'audit_entry_not_found',
  'ballot_not_found',
  'body_too_large',
  'database_unavailable',
  'email_taken',
  'event_type_not_found',
  'evidence_not_ready',
  'forbidden',
  'headers_too_large',
  'internal_error',
  'invalid_request',
  'issuer_unavailable',
  'ledger_broken',
  'ledger_size',
  'lottery_already_exists',
  'lottery_closed',
  'lottery_date_past',
  'lottery_date_too_far',
  'lottery_not_closed',
  'lottery_not_found',
  'lottery_not_over',
  'lottery_without_winner',
  'method_not_allowed',
  'not_your_user',
  'outcome_unknown',
  'overloaded',
  'request_timeout',
  'route_not_found',
  'timed_out',
  'token_invalid',
  'too_many_requests',
  'unauthenticated',
  'unsupported_media_type',
  'user_already_banned',
  'user_banned',
  'user_not_found',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]
