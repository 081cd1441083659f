export { banRoutes } from './api/ban-routes.ts'
export { userEvents } from './api/event-types.ts'
export { userRoutes } from './api/user-routes.ts'
export { composeUser, composeUserCheck } from './compose.ts'
