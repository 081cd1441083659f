/** Removes the bounds of a double, which zod's `z.int()` writes into every JSON Schema. */
export function dropDoubleBounds(jsonSchema: { minimum?: number | undefined; maximum?: number | undefined }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}
