import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../ports/database.ts'
import { formatCount } from '../base/format.ts'
import type { Violation } from '../ports/workload.ts'
import {
  type BookingsTable,
  type ResourcesTable,
  scanBookings,
  type StoredBooking,
  createColumns,
} from './booking-tables.ts'
import type { Canonical } from './canonical.ts'
import type { Yielder } from '../base/progress.ts'

/** Bookings of each resource, by what it is compared by. */
type Taken = ReadonlyMap<string, number>

/** Bookings as they were counted, and what resources are compared by. */
export interface Counted {
  readonly taken: Taken
  readonly resourceOf: Canonical
}

/** Looks at the tables at most, while what they say changes from one to the next. */
const maxLooks = 5

/** Between two looks, ms. */
const pauseMs = 200

/**
 * Finds what has more bookings than places, or other places free than it says. Bookings that were given up are perhaps
 * still being stored, and then the tables are read at different times: so what was found is looked at again until
 * it stays as it is. `taken` is the first look's.
 */
export async function* auditResources(
  database: Database,
  bookings: BookingsTable,
  resources: ResourcesTable,
  { taken, resourceOf }: Counted,
  yielder: Yielder,
): AsyncGenerator<Violation> {
  const look = (count: Taken) => findOversold(database, bookings, resources, { taken: count, resourceOf }, yielder)
  let found = await look(taken)
  for (let looks = 1; looks < maxLooks && found.size > 0; looks++) {
    await sleep(pauseMs)
    const before = found
    found = await look(await countTaken(database, bookings, resourceOf, yielder))
    if ([...found].every(([key, { detail }]) => before.get(key)?.detail === detail)) break
  }
  yield* found.values()
}

/** Counts bookings by their resource; those of nothing do not count. */
export function createTakenCounter(resourceOf: Canonical): {
  readonly taken: Taken
  add(booking: StoredBooking): void
} {
  const taken = new Map<string, number>()
  return {
    taken,
    add({ resource }) {
      if (resource === '') return
      const compared = resourceOf(resource)
      taken.set(compared, (taken.get(compared) ?? 0) + 1)
    },
  }
}

async function countTaken(
  database: Database,
  bookings: BookingsTable,
  resourceOf: Canonical,
  yielder: Yielder,
): Promise<Taken> {
  const counter = createTakenCounter(resourceOf)
  for await (const booking of scanBookings(database, bookings)) {
    counter.add(booking)
    if (yielder.step()) await yielder.yield()
  }
  return counter.taken
}

/** By their keys. */
async function findOversold(
  database: Database,
  { table: bookings }: BookingsTable,
  { table, capacity, available }: ResourcesTable,
  { taken, resourceOf }: Counted,
  yielder: Yielder,
): Promise<Map<string, Violation>> {
  const found = new Map<string, Violation>()
  const add = (id: string, detail: string, kind: 'oversold' | 'wrong-stock' = 'oversold'): void => {
    const key = `${table.name} ${id}`
    found.set(key, { kind, key, detail })
  }
  const left = new Map(taken)
  const { nextId, number } = createColumns(database, table)
  for await (const row of database.store.scan(table)) {
    const id = nextId(row)
    const compared = resourceOf(id)
    const count = left.get(compared) ?? 0
    left.delete(compared)
    const places = typeof capacity === 'number' ? capacity : number(row, capacity)
    const free = available === undefined ? places - count : number(row, available)
    if (count > places || free < 0 || free !== places - count) {
      const stock = available === undefined ? '' : `, ${available} says ${formatCount(free)}`
      const kind = count > places ? 'oversold' : 'wrong-stock'
      add(id, `${formatCount(count)} ${bookings.name} for ${formatCount(places)} places${stock}`, kind)
    }
    if (yielder.step()) await yielder.yield()
  }
  for (const [id, count] of left) add(id, `${formatCount(count)} ${bookings.name} for what is not in the table`)
  return found
}
