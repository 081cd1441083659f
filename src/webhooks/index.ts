export { deliveryRoutes } from './api/delivery-routes.ts'
export { webhookEvents } from './api/event-types.ts'
export { webhookRoutes } from './api/webhook-routes.ts'
export { composeSubscriptions, composeWebhooks, type WebhookSettings } from './compose.ts'
