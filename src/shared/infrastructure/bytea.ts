import { customType } from 'drizzle-orm/pg-core'

/** Bytes; drizzle has no column of this type. */
export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => Buffer.from(bytes),
})
