/** Prefix of version 1 of the API, whose contract is frozen. Paths without a prefix are the same routes. */
export const V1_PREFIX = '/v1'
