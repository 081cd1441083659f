import { z } from 'zod'

/**
 * Query parameters of a keyset page. A cursor is opaque to callers: it is the base64url of the place where the page before
 * ended.
 */
export function pageQuery<Place>(place: z.ZodType<Place>) {
  return {
    limit: z
      .string()
      .regex(/^\d{1,3}$/, 'Must be a number from 1 to 100')
      .transform(Number)
      .pipe(z.int().min(1).max(100))
      .default(50)
      .meta({
        description: 'Maximum number of items',
        type: 'integer',
        minimum: 1,
        maximum: 100,
        default: 50,
        pattern: undefined,
      }),
    cursor: z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9_-]+$/)
      .transform((text, context): Place => {
        const parsed = place.safeParse(placeOf(text))
        if (parsed.success) return parsed.data
        context.addIssue({ code: 'custom', message: 'Invalid cursor' })
        return z.NEVER
      })
      .optional()
      .meta({ description: '`next_cursor` of the page before' }),
  }
}

export function pageOf<Item extends z.ZodType>(item: Item, id: string) {
  const { examples: items = [] } = z.globalRegistry.get(item) ?? {}
  return z
    .object({
      items: z.array(item),
      next_cursor: z.string().nullable().meta({ description: 'Null on the last page' }),
    })
    .meta({ id, description: 'One page of results', examples: [{ items, next_cursor: null }] })
}

/** Makes a page of `limit` items from at most `limit + 1` queried rows. The extra row shows that another page follows. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  place: (row: Row) => unknown,
  item: (row: Row) => Item,
) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(item), next_cursor: rows.length > limit && last ? cursorOf(place(last)) : null }
}

function cursorOf(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function placeOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
