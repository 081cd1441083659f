export { asyncApiRoute, eventRoutes } from './api/event-routes.ts'
export { composeEvents } from './compose.ts'
