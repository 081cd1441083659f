/** Result of a part: it is done; it comes again in two halves; or the rest of the items is given up. */
export type PartResult = 'done' | 'halve' | 'stop'

/**
 * Works through items in their order, all of them as one part first. A part that `attempt` wants halved comes again as its
 * two halves, so that one bad item ends up alone. `attempt` must not return `halve` for one item.
 */
export async function inHalves<Item>(
  items: readonly Item[],
  attempt: (part: readonly Item[]) => Promise<PartResult>,
): Promise<void> {
  const parts = [items]
  for (let part = parts.pop(); part; part = parts.pop()) {
    const result = await attempt(part)
    if (result === 'stop') return
    const half = part.length >> 1
    if (result === 'halve') parts.push(part.slice(half), part.slice(0, half))
  }
}
