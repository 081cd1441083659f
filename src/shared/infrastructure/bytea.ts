import { customType } from 'drizzle-orm/pg-core'

/** A column of bytes, which drizzle does not have. */
export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => Buffer.from(bytes),
})
