/**
 * `ascending`: version 7 UUIDs, each above the one before it. `random`: version 4 UUIDs in random order. `spread`:
 * version 4 UUIDs all over their space, in ascending order.
 */
export const keyOrders = ['ascending', 'random', 'spread'] as const

/** Order of the keys of a table's rows. */
export type KeyOrder = (typeof keyOrders)[number]

/** Order of the keys of single inserts: each ascending one is above all that are there. */
export type InsertKeyOrder = Exclude<KeyOrder, 'spread'>

/** Returns an order by today's word: timed inserts once called ascending keys `append`. */
export function currentKeyOrder(word: InsertKeyOrder | 'append'): InsertKeyOrder {
  return word === 'append' ? 'ascending' : word
}
