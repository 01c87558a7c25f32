import type { Database } from '../../ports/database.ts'
import type { SeedProgress } from '../../ports/workload.ts'
import { seedBatches } from '../shared/seed-batches.ts'
import { schedules, type Slot } from './tables.ts'

/** Which slots there should be. The defaults of the settings are the original's. */
export interface SlotOptions {
  /** First day, `2000-01-01`. */
  readonly from: string
  readonly years: number
  /** First and last slot of a day, minutes after midnight. */
  readonly opens: number
  readonly closes: number
  /** Time between two slots, ms. */
  readonly every: number
  readonly capacity: number
}

const msPerMinute = 60_000
const minutesPerDay = 1440

/** The slot that starts at the given minute since 1970-01-01 00:00. */
export function slotAt(id: number, capacity: number): Slot {
  const start = new Date(id * msPerMinute)
  return {
    id,
    max_available: capacity,
    stock: capacity,
    year: start.getUTCFullYear(),
    month: start.getUTCMonth() + 1,
    day: start.getUTCDate(),
    hour: start.getUTCHours(),
    min: start.getUTCMinutes(),
  }
}

/** The id of the slot at a date and time; null when there is no such date (February 30) or time. */
export function slotId(year: number, month: number, day: number, hour: number, min: number): number | null {
  const start = new Date(Date.UTC(year, month - 1, day, hour, min))
  const real = start.getUTCMonth() === month - 1 && start.getUTCDate() === day && start.getUTCHours() === hour
  return real ? start.getTime() / msPerMinute : null
}

/** Every slot that should be there, in order of time. */
export function generateSlots(options: SlotOptions): Slot[] {
  const first = new Date(`${options.from}T00:00:00Z`)
  const end = new Date(first)
  end.setUTCFullYear(first.getUTCFullYear() + options.years)
  const step = options.every / msPerMinute
  const slots: Slot[] = []
  for (let day = first.getTime() / msPerMinute; day < end.getTime() / msPerMinute; day += minutesPerDay) {
    for (let minute = options.opens; minute <= options.closes; minute += step) {
      slots.push(slotAt(day + minute, options.capacity))
    }
  }
  return slots
}

const slotsPerUpdate = 1000

/**
 * Raises the places of those slots that are there and have fewer than the options say, and their stock with them; returns
 * how many. Slots with more keep them. Stops between two statements once `signal` aborts; done again, it goes on.
 */
export async function raiseCapacity(database: Database, options: SlotOptions, signal?: AbortSignal): Promise<number> {
  const { capacity } = options
  const wanted = new Set(generateSlots(options).map(({ id }) => id))
  const present = await database.store.find(
    schedules,
    { max_available: { lt: capacity } },
    { columns: ['id', 'max_available'] },
  )
  const byPlaces = Map.groupBy(
    present.filter(({ id }) => wanted.has(id)),
    ({ max_available }) => max_available,
  )
  let raised = 0
  for (const [places, slots] of byPlaces) {
    for (let at = 0; at < slots.length && !signal?.aborted; at += slotsPerUpdate) {
      const ids = slots.slice(at, at + slotsPerUpdate).map(({ id }) => id)
      // The places as they were are a condition, so that nothing is added twice.
      raised += await database.store.update(
        schedules,
        { id: { in: ids }, max_available: places },
        { max_available: capacity, stock: { add: capacity - places } },
      )
    }
  }
  return raised
}

const slotsPerInsert = 1000

/**
 * Stores the slots that are missing and leaves the others as they are; yields how many are in place.
 * Stops between two statements once `signal` aborts.
 */
export async function* insertMissingSlots(
  database: Database,
  options: SlotOptions,
  signal?: AbortSignal,
): AsyncGenerator<SeedProgress> {
  const wanted = generateSlots(options)
  const first = wanted[0]
  const last = wanted.at(-1)
  if (!first || !last) return
  const found = await database.store.find(schedules, { id: { gte: first.id, lte: last.id } }, { columns: ['id'] })
  const known = new Set(found.map(({ id }) => id))
  const missing = wanted.filter((slot) => !known.has(slot.id))
  const total = wanted.length
  const present = total - missing.length
  yield { done: present, total, added: 0 }
  const storeBatch = async (from: number, to: number) => {
    await database.store.insert(schedules, missing.slice(from, to))
    return to - from
  }
  for await (const { done, added } of seedBatches(missing.length, slotsPerInsert, storeBatch, signal))
    yield { done: present + done, total, added }
}
