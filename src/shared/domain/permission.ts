/** Names of the rights to use routes. Every route declares one; the access context says who has it. */
export type Permission =
  | 'operate'
  | 'read'
  | 'read-private'
  | 'read-own'
  | 'list-ballots-of-user'
  | 'read-receipt'
  | 'find-users'
  | 'register'
  | 'submit'
  | 'submit-batch'
  | 'create-lottery'
  | 'ban'
  | 'forget'
  | 'close'
  | 'manage-webhooks'
  | 'read-webhooks'

/** How far a permission reaches: to public facts; to these and the caller's own; to all users' facts. */
export type Scope = 'public' | 'own' | 'any'
