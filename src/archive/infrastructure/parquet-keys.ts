/** Name in a file's metadata of the keys of the first rows of its row groups: a JSON array of texts. */
export const FIRST_KEYS = 'first_keys'
/** A key, and the key of a place, after all others. */
export const LAST_KEY = '~'

const ORDINAL_DIGITS = String(Number.MAX_SAFE_INTEGER).length

/** Key of a row of `ballots`. Text order is the order by date and ordinal. */
export function keyOfPlace(date: string, ordinal: number): string {
  return `${date}/${String(Math.max(0, ordinal)).padStart(ORDINAL_DIGITS, '0')}`
}

/** Key of a row of `ballots_by_id`. Text order is the order by date and bytes of the id. */
export function keyOfId(date: string, id: string): string {
  return `${date}/${id.toLowerCase()}`
}

/** Key of a row of `ballots_by_user`, made of the user and the key of the ballot's place. */
export function keyOfUser(userId: string, place: string): string {
  return `${userId.toLowerCase()}/${place}`
}

/** Returns the first index below `count` that a condition holds for, and for all after it; `count` when there is none. */
export function firstIndex(count: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
