import { v7 as uuid } from 'uuid'
import type { Database } from '../../databases/port.ts'
import { failure } from '../../errors.ts'
import { createRandom, type Random } from '../../random.ts'
import { allotEvenly, type Room } from '../../seeding/allot.ts'
import type { SeedRecipe } from '../../seeding/recipe.ts'
import type { SeedTarget } from '../../seeding/seed.ts'
import { createReservationWriter } from './reservation-rows.ts'
import { reservationLayout, reservations, schedules, stockCounter, type Reservation, type Slot } from './tables.ts'
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
export async function planReservations(database: Database, amount: Amount, choices: Choices): Promise<SeedRecipe> {
  const slots = await findSlots(database)
  const rows = 'rows' in amount ? amount.rows : amount.perSlot * slots.length
  return {
    ...choices,
    firstSerial: await database.store.count(reservations),
    allotments: allotEvenly(slots.map(roomOf), rows),
  }
}

/** Reservations to be inserted one by one, each in a random slot that has room for it. */
export interface ReservationSource {
  next(): Reservation
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
  const pickSlot = createSlotPicker((await findSlots(database)).map(roomOf), rows, random)
  const taken = new Map<number, number>()
  return {
    next() {
      const slot = pickSlot()
      taken.set(slot, (taken.get(slot) ?? 0) + 1)
      return { id: uuid(), ticket_id: `${random.pick(names)}${random.uint32()}`, schedule_id: slot }
    },
    async settle() {
      for (const [id, places] of taken) {
        await database.store.update(schedules, { id }, { stock: { add: -places } })
      }
      taken.clear()
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

async function findSlots(database: Database): Promise<Slot[]> {
  const slots = await database.store.find(schedules, {}, { orderBy: ['id'] })
  if (slots.length === 0) throw failure('no-slots', { url: database.url })
  return slots
}

function roomOf(slot: Slot): Room {
  return { key: slot.id, free: slot.stock }
}
