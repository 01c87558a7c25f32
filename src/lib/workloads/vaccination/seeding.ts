import type { Change, Database, KeyRange } from '../../ports/database.ts'
import { failure } from '../../base/errors/errors.ts'
import { createRandom, type Random } from '../../base/random.ts'
import { allotEvenly, type Room } from '../../seeding/allot.ts'
import { beginJournal, removeJournal } from '../../seeding/journal.ts'
import { quietLeaseMs } from '../../seeding/lease.ts'
import type { SeedRecipe } from '../../seeding/recipe.ts'
import type { SeedTarget } from '../../seeding/seed.ts'
import { createKeySource, type KeySource } from './keys.ts'
import { createReservationWriter, createNamePool } from './reservation-rows.ts'
import { reservationLayout, reservations, schedules, stockCounter, type Reservation } from './tables.ts'

/** How many reservations: so many for each slot, or so many in all. */
export type Amount = { readonly perSlot: number } | { readonly rows: number }

/** How the reservations are to be made. */
export type Choices = Pick<SeedRecipe, 'seed' | 'keys' | 'order' | 'indexes'>

/** The reservations as a table to be seeded. */
export const reservationSeeding: SeedTarget<Reservation> = {
  layout: reservationLayout,
  counter: stockCounter,
  createWriter: createReservationWriter,
}

/**
 * Plans `amount` more reservations, spread evenly over the slots that have room. The same choices and
 * the same table give the same rows. Throws `no-slots` or `capacity-exceeded`.
 */
export async function planReservations(
  database: Database,
  amount: Amount,
  { seed, keys, order, indexes }: Choices,
): Promise<SeedRecipe> {
  const rooms = await findRooms(database)
  const rows = 'rows' in amount ? amount.rows : amount.perSlot * rooms.length
  requireFree(rooms, rows)
  return {
    seed,
    keys,
    order,
    indexes,
    firstSerial: await database.store.count(reservations),
    allotments: allotEvenly(rooms, rows),
  }
}

/** Slots whose stock is set with one commit. */
const settledAtOnce = 1000

/** Reservations to be inserted one by one, each in a random slot that has room for it. */
export interface ReservationSource {
  next(keys: keyof KeySource): Reservation
  /** The first and the last slot of the calendar. */
  readonly slots: KeyRange
}

/** A source of up to `rows` reservations. Throws `no-slots` or `capacity-exceeded`. */
export async function createReservationSource(
  database: Database,
  rows: number,
  seed: string,
): Promise<ReservationSource> {
  const random = createRandom(seed)
  const names = createNamePool(random.uint32())
  const rooms = await findRooms(database)
  const pickSlot = createSlotPicker(rooms, rows, random)
  const keySource = await createKeySource(database)
  return {
    next: (keys) => ({
      id: keySource[keys](),
      ticket_id: `${random.pick(names)}${random.uint32()}`,
      schedule_id: pickSlot(),
    }),
    slots: { from: (rooms[0] as Room).key, to: (rooms.at(-1) as Room).key },
  }
}

/**
 * Begins inserts that leave the slots' stock as it is until `settleStock`: the journal then has a seeding of no rows
 * whose counters wait. So whoever comes after a crash is told, and `--abandon` counts the stock anew. Throws
 * `seeding-unfinished`.
 */
export async function deferStock(database: Database, { from, to }: KeyRange, seed: string): Promise<SeedRecipe> {
  const allotments = [...new Set([from, to])].map((key) => ({ key, rows: 0 }))
  const recipe: SeedRecipe = {
    seed,
    keys: 'ascending',
    order: 'shuffled',
    indexes: 'before',
    firstSerial: 0,
    allotments,
  }
  await beginJournal(database, recipe, null, { leaseMs: quietLeaseMs })
  return recipe
}

/**
 * Takes `places` from the slots' stock and counts anew the stock of slots of which nobody knows whether a row was
 * stored, then forgets what `deferStock` began.
 */
export async function settleStock(
  database: Database,
  places: ReadonlyMap<number, number>,
  unknown: ReadonlySet<number>,
): Promise<void> {
  const changes = [...places]
    .filter(([id]) => !unknown.has(id))
    .map(([id, taken]): Change => ({
      guard: { table: schedules, where: { id }, patch: { stock: { add: -taken } } },
      insert: [],
    }))
  // A commit for each slot would take as long as the inserts did.
  for (let from = 0; from < changes.length; from += settledAtOnce) {
    await database.store.apply(changes.slice(from, from + settledAtOnce))
  }
  // What a lost connection had sent may be stored only now.
  if (unknown.size > 0) await database.awaitWriters(reservations)
  for (const id of unknown) await database.recount(stockCounter, { from: id, to: id })
  await removeJournal(database)
}

/** Throws `no-slots` or `capacity-exceeded` unless so many more reservations fit. */
export async function requireFreePlaces(database: Database, rows: number): Promise<void> {
  requireFree(await findRooms(database), rows)
}

interface SlotRoom extends Room {
  readonly capacity: number
}

function requireFree(rooms: readonly SlotRoom[], rows: number): void {
  const free = rooms.reduce((sum, room) => sum + Math.max(0, room.free), 0)
  if (rows <= free) return
  // With so many places in each slot there is room for all.
  const largest = rooms.reduce((most, { capacity }) => Math.max(most, capacity), 0)
  throw failure('capacity-exceeded', { rows, free, capacity: largest + Math.ceil((rows - free) / rooms.length) })
}

function createSlotPicker(rooms: readonly SlotRoom[], rows: number, random: Random): () => number {
  requireFree(rooms, rows)
  const open = rooms.filter((room) => room.free > 0).map((room) => ({ ...room }))
  return () => {
    const index = random.integer(0, open.length - 1)
    const room = open[index] as { key: number; free: number }
    room.free--
    if (room.free === 0) open.splice(index, 1)
    return room.key
  }
}

/** In order of time; without the columns that nobody asks for, which would be tens of MB. */
async function findRooms(database: Database): Promise<SlotRoom[]> {
  const rooms: SlotRoom[] = []
  for await (const { id, stock, max_available } of database.store.scan(schedules, ['id', 'stock', 'max_available']))
    rooms.push({ key: id, free: stock, capacity: max_available })
  if (rooms.length === 0) throw failure('no-slots', { url: database.url })
  return rooms
}
