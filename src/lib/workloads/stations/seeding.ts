import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { seedMissingRows } from '../shared/seed-batches.ts'
import { datesFrom } from './dates.ts'
import { readLocations, type Location } from './locations.ts'
import { dayId, days, type Day } from './tables.ts'

/** Where the stations are from. */
export interface SeedingOptions {
  /** A JSON file; those that ship with rushbench when it is left out. */
  readonly locations: string | undefined
}

const daysAtOnce = 1000

/**
 * Stores the days that are missing and leaves the others as they are, also where another process does the same; yields
 * how many are in place. Stops between two commits once `signal` aborts. Throws `locations-unusable`.
 */
export async function* insertMissingDays(
  { store }: Database,
  { locations }: SeedingOptions,
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  const wanted = (await readLocations(locations)).flatMap(daysOf)
  const rowAt = (index: number) => ({ absent: { table: days, row: wanted[index] as Day } })
  yield* seedMissingRows(store, wanted.length, daysAtOnce, rowAt, signal)
}

function daysOf({ name, from, days: count, capacity }: Location): Day[] {
  return datesFrom(from, count).map((date) => ({
    id: dayId(name, date),
    station: name,
    date,
    capacity,
    available: capacity,
  }))
}
