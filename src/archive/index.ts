export { archiveRoutes } from './api/archive-routes.ts'
export { archiveEvents } from './api/event-types.ts'
export { composeArchive, composeArchiveReads } from './compose.ts'
