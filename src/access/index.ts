export { registerAccess } from './api/access-hook.ts'
export { jwksRoutes } from './api/jwks-routes.ts'
export { type AccessSettings, composeAccess } from './compose.ts'
