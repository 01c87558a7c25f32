import type { Change, Database } from '../../databases/port.ts'
import { failure } from '../../errors.ts'
import { createRandom, type Random } from '../../random.ts'
import { allotEvenly, type Room } from '../../seeding/allot.ts'
import type { SeedRecipe } from '../../seeding/recipe.ts'
import type { SeedTarget } from '../../seeding/seed.ts'
import { createKeySource, type KeySource } from './keys.ts'
import { createReservationWriter } from './reservation-rows.ts'
import { reservationLayout, reservations, schedules, stockCounter, type Reservation } from './tables.ts'
import { createNamePool } from './tickets.ts'

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
  /** Takes the places of all rows so far from the slots' stock. */
  settle(): Promise<void>
}

/** A source of up to `rows` reservations. Throws `no-slots` or `capacity-exceeded`. */
export async function createReservationSource(
  database: Database,
  rows: number,
  seed: string,
): Promise<ReservationSource> {
  const random = createRandom(seed)
  const names = createNamePool(random.uint32())
  const pickSlot = createSlotPicker(await findRooms(database), rows, random)
  const keySource = await createKeySource(database)
  const taken = new Map<number, number>()
  return {
    next(keys) {
      const slot = pickSlot()
      taken.set(slot, (taken.get(slot) ?? 0) + 1)
      return { id: keySource[keys](), ticket_id: `${random.pick(names)}${random.uint32()}`, schedule_id: slot }
    },
    async settle() {
      const changes = [...taken].map(([id, places]): Change => ({
        guard: { table: schedules, where: { id }, patch: { stock: { add: -places } } },
        insert: [],
      }))
      taken.clear()
      // A commit for each slot would take as long as the inserts did.
      for (let from = 0; from < changes.length; from += settledAtOnce) {
        await database.store.apply(changes.slice(from, from + settledAtOnce))
      }
    },
  }
}

function createSlotPicker(rooms: readonly Room[], rows: number, random: Random): () => number {
  const open = rooms.filter((room) => room.free > 0).map((room) => ({ ...room }))
  const free = open.reduce((sum, room) => sum + room.free, 0)
  if (free < rows) throw failure('capacity-exceeded', { rows, free })
  return () => {
    const index = random.integer(0, open.length - 1)
    const room = open[index] as { key: number; free: number }
    room.free--
    if (room.free === 0) open.splice(index, 1)
    return room.key
  }
}

/** In order of time; without the columns that nobody asks for, which would be tens of MB. */
async function findRooms(database: Database): Promise<Room[]> {
  const rooms: Room[] = []
  for await (const { id, stock } of database.store.scan(schedules, ['id', 'stock']))
    rooms.push({ key: id, free: stock })
  if (rooms.length === 0) throw failure('no-slots', { url: database.url })
  return rooms
}
