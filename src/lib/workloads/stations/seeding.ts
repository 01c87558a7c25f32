import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { seedMissingRows } from '../shared/seed-batches.ts'
import { readLocations, type Location } from './locations.ts'
import { dayId, days, type Day } from './tables.ts'

/** Where the stations are from. */
export interface LocationOptions {
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
  { locations }: LocationOptions,
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

const msPerDay = 86_400_000

/** Whether `20210516` is a day of the calendar; `20210230` is none. */
export function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? []
  if (year === undefined || month === undefined || day === undefined) return false
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`)
  // Of a day that its month does not have, the engine makes one of the next month, or none.
  return !Number.isNaN(date.getTime()) && toText(date) === text
}

/** The days from `2021-05-16` on, as `20210516`. */
export function datesFrom(first: string, count: number): string[] {
  const start = Date.parse(`${first}T00:00:00Z`)
  return Array.from({ length: count }, (_, day) => toText(new Date(start + day * msPerDay)))
}

function toText(date: Date): string {
  return date.toISOString().slice(0, 10).replaceAll('-', '')
}
