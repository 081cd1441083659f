export { auditLogRoutes } from './api/audit-log-routes.ts'
export { composeAuditLog, composeAuditLogCheck } from './compose.ts'
