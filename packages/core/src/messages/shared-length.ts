/** How far two lists are the same: what is frozen and the very same needs no second look. */

/** How many items, by identity, both begin with. */
export function sharedLength(before: readonly unknown[], now: readonly unknown[]): number {
  let count = 0;
  while (count < before.length && before[count] === now[count]) count++;
  return count;
}
