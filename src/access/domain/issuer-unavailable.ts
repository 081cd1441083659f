import { ServiceError } from '../../shared/domain/service-error.ts'

/** The issuer's keys cannot be had, so no token can be verified. */
export class IssuerUnavailable extends ServiceError {
  constructor(options?: ErrorOptions) {
    super(
      'unavailable',
      'issuer_unavailable',
      'The issuer of tokens does not answer at the moment. Try again.',
      options,
    )
  }
}
