import { ServiceError } from './service-error.ts'

/** The store of the archive does not answer, or refuses the service. What it holds can be had again later. */
export class ArchiveUnavailable extends ServiceError {
  constructor(options?: ErrorOptions) {
    super(
      'unavailable',
      'archive_unavailable',
      'The archive of old lotteries does not answer. Try again later.',
      options,
    )
  }
}
