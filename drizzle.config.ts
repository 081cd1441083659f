import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: [
    'src/shared/infrastructure/schema.ts',
    'src/ledger/infrastructure/schema.ts',
    'src/user/infrastructure/schema.ts',
    'src/lottery/infrastructure/schema.ts',
    'src/audit-log/infrastructure/schema.ts',
    'src/events/infrastructure/schema.ts',
    'src/archive/infrastructure/schema.ts',
    'src/webhooks/infrastructure/schema.ts',
  ],
  out: 'drizzle',
})
