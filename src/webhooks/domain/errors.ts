import { DomainError } from '../../shared/domain/domain-error.ts'

export class WebhookNotFound extends DomainError {
  constructor(id: string) {
    super('not_found', 'webhook_not_found', `There is no webhook ${id}.`)
  }
}

export class DeliveryNotFound extends DomainError {
  constructor(eventId: string) {
    super('not_found', 'delivery_not_found', `This webhook has no delivery of the event ${eventId}.`)
  }
}

/** The service sends nothing to this URL. The reason does not repeat the URL, which can hold secrets. */
export class WebhookUrlRefused extends DomainError {
  constructor(reason: string) {
    super('invalid', 'webhook_url_refused', `The URL of the webhook is refused: ${reason}.`)
  }
}

export class WebhookDisabled extends DomainError {
  constructor(id: string) {
    super('conflict', 'webhook_disabled', `The receiver of the webhook ${id} answered 410. Enable the webhook first.`)
  }
}

export class TooManyWebhooks extends DomainError {
  constructor(limit: number) {
    super('conflict', 'too_many_webhooks', `There are ${limit} webhooks already. Delete one that is not needed.`)
  }
}
