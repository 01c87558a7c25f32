import { v4, v7 } from 'uuid'
import type { Database } from '../../ports/database.ts'
import { reservations } from './tables.ts'

/** Makes keys of reservations, in the order that is asked for. */
export interface KeySource {
  /** A version 7 UUID above all that are in the table, ascending; what the API makes. */
  ascending(): string
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
  const random = createRandomBytes()
  return { ascending: () => v7({ msecs, seq: seq++, random: random() }), random: () => v4() }
}

/** Bytes that a UUID takes, and those that are asked for at once: to ask for each key's costs more than the rest of it. */
const uuidBytes = 16
const pooledBytes = 4096

function createRandomBytes(): () => Uint8Array {
  const pool = new Uint8Array(pooledBytes)
  let at = pooledBytes
  return () => {
    if (at === pooledBytes) {
      crypto.getRandomValues(pool)
      at = 0
    }
    at += uuidBytes
    return pool.subarray(at - uuidBytes, at)
  }
}

/** Places, spread evenly over the space of keys, that are looked at. */
const probes = 9
/** Rows on the way from a place to the next key, were all rows spread evenly: one, give or take. */
const clusteredFrom = 50
/** Below this, the order of keys makes no difference. */
const fewRows = 1000

/**
 * Whether most rows have keys that lie close together, as ascending ones do. Random keys then fall beside
 * them into a part of the tree that is small and in memory, and say nothing about a table of that size.
 */
export async function keysAreClustered(database: Database): Promise<boolean> {
  const rows = await database.store.count(reservations)
  if (rows < fewRows) return false
  const gaps: number[] = []
  for (let probe = 0; probe < probes; probe++) {
    const from = Math.floor(((probe + 0.5) / probes) * largestTime)
    const found = await findFrom(database, from)
    gaps.push(((found === null ? largestTime : timeOf(found)) - from) / largestTime)
  }
  const middle = gaps.sort((a, b) => a - b)[(probes - 1) / 2] ?? 0
  return middle * rows > clusteredFrom
}

/** The first 48 bits of the largest key, -1 when there is none. */
async function findLargestTime({ store }: Database): Promise<number> {
  const [found] = await store.find(reservations, {}, { orderBy: ['id'], descending: true, limit: 1 })
  return found ? timeOf(found.id) : -1
}

/** The smallest key whose first 48 bits are `time` or more. */
async function findFrom(database: Database, time: number): Promise<string | null> {
  const where = { id: { gte: idFrom(time) } }
  const [found] = await database.store.find(reservations, where, { orderBy: ['id'], limit: 1 })
  return found?.id ?? null
}

/** The smallest key whose first 48 bits are `time`: of a version 7 UUID, ms since 1970. */
export function idFrom(time: number): string {
  const digits = time.toString(16).padStart(timeDigits, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}`
}

/** NaN-free: an id that is no UUID counts as the smallest. */
function timeOf(id: string): number {
  const time = Number.parseInt(id.slice(0, timeDigits + 1).replace('-', ''), 16)
  return Number.isNaN(time) ? -1 : time
}
