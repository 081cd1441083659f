import { customType } from 'drizzle-orm/pg-core'

/** A bytea column, a type that drizzle lacks. */
export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => Buffer.from(bytes),
})
