declare const brand: unique symbol

/** A user's UUID in lower case, minted by the user context. Other contexts refer to a user by this id alone. */
export type UserId = string & { readonly [brand]: 'UserId' }
