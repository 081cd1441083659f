/** What a step of the pruning did. */
export interface Pruned {
  /** Number of deleted events. */
  readonly events: number
  /** Place from which the next step goes on. Undefined: no later event is old enough. */
  readonly next: number | undefined
}

/** The recorded events of which the audit log holds a copy. */
export interface OldEvents {
  /**
   * Looks at the next `limit` events after a place in the audit log, and deletes those that are published, occurred more than
   * `days` days ago by the database's clock, stand unchanged in the audit log, and are looked up there alone. It is one short
   * transaction, which also notes up to which time events were pruned. While another replica prunes, it does nothing.
   */
  prune(step: { readonly after: number; readonly limit: number; readonly days: number }): Promise<Pruned>
}
