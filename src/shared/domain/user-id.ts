declare const brand: unique symbol

/** A user's UUID in lower case, minted by the user context. Both contexts know it; neither knows more of the other. */
export type UserId = string & { readonly [brand]: 'UserId' }
