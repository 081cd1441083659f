export { auditLogRoutes } from './api/audit-log-routes.ts'
export { type AuditLogSurroundings, composeAuditLog, composeAuditLogCheck } from './compose.ts'
