import { v4, v7 } from 'uuid'
import type { Database } from '../../databases/port.ts'
import { reservations } from './tables.ts'

/** Makes keys of reservations, in the order that is asked for. */
export interface KeySource {
  /** A version 7 UUID above all that are in the table, ascending; what the API makes. */
  append(): string
  /** A version 4 UUID: anywhere. */
  random(): string
}

/** A UUID's first 48 bits; in version 7, milliseconds since 1970. */
const timeDigits = 12
const largestTime = 2 ** 48 - 1

/**
 * A source of keys for the table as it is now. Neither order comes from the run's seed: the same seed
 * on the same table would make keys that are there already.
 */
export async function createKeySource(database: Database): Promise<KeySource> {
  const msecs = Math.min(largestTime, Math.max(Date.now(), (await findLargestTime(database)) + 1))
  let seq = 0
  return { append: () => v7({ msecs, seq: seq++ }), random: () => v4() }
}

/**
 * The first 48 bits of the largest key, -1 when there is none. By bisection, since the store reads
 * upwards only: 48 look-ups of one row.
 */
async function findLargestTime(database: Database): Promise<number> {
  let low = -1
  let high = largestTime
  while (low < high) {
    const middle = Math.floor((low + high + 1) / 2)
    const [found] = await database.store.find(
      reservations,
      { id: { gte: idFrom(middle) } },
      { orderBy: ['id'], limit: 1 },
    )
    if (!found) high = middle - 1
    // What was found is the smallest from there on: the largest is no smaller.
    else low = Math.max(middle, Math.min(timeOf(found.id), high))
  }
  return low
}

function idFrom(time: number): string {
  const digits = time.toString(16).padStart(timeDigits, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}`
}

/** NaN-free: an id that is no UUID counts as the smallest. */
function timeOf(id: string): number {
  const time = Number.parseInt(id.slice(0, timeDigits + 1).replace('-', ''), 16)
  return Number.isNaN(time) ? -1 : time
}
