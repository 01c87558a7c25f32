import type { Change, Database, KeyRange } from '../../ports/database.ts'
import { failure } from '../../base/errors/errors.ts'
import { createRandom, type Random } from '../../base/random.ts'
import {
  beginJournal,
  removeJournal,
  isJournalBroken,
  takeOverIfThere,
  takeOverJournal,
} from '../../seeding/journal.ts'
import { quietLeaseMs, type LeaseOptions } from '../../seeding/lease.ts'
import { type SeedRecipe, distributeEvenly, type Capacity, type SeedTarget, rowsOf } from '../../seeding/recipe.ts'
import { reservationJournal } from '../../seeding/reservation-journal.ts'
import { createKeySource, type KeySource } from './keys.ts'
import { createReservationWriter, createNamePool } from './reservation-rows.ts'
import { reservationLayout, reservations, schedules, stockCounter, type Reservation } from './tables.ts'
import { finishSeeding } from '../../seeding/seed.ts'

/** How many reservations: so many for each slot, or so many in all. */
export type Amount = { readonly perSlot: number } | { readonly rows: number }

export type Choices = Pick<SeedRecipe, 'seed' | 'keys' | 'order' | 'indexes'>

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
  const slots = await findCapacities(database)
  const rows = 'rows' in amount ? amount.rows : amount.perSlot * slots.length
  requireFree(slots, rows)
  return {
    seed,
    keys,
    order,
    indexes,
    firstSerial: await database.store.count(reservations),
    parents: distributeEvenly(slots, rows),
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
  const slots = await findCapacities(database)
  const pickSlot = createSlotPicker(slots, rows, random)
  const keySource = await createKeySource(database)
  return {
    next: (keys) => ({
      id: keySource[keys](),
      ticket_id: `${random.pick(names)}${random.uint32()}`,
      schedule_id: pickSlot(),
    }),
    slots: { from: (slots[0] as Capacity).key, to: (slots.at(-1) as Capacity).key },
  }
}

/**
 * Begins inserts that leave the slots' stock as it is until `settleStock`: the journal then has a seeding of no rows
 * whose counters wait. So whoever comes after a crash is told, and `--abandon` counts the stock anew. Throws
 * `seeding-unfinished`.
 */
export async function deferStock(database: Database, { from, to }: KeyRange, seed: string): Promise<SeedRecipe> {
  const parents = [...new Set([from, to])].map((key) => ({ key, rows: 0 }))
  const recipe: SeedRecipe = {
    seed,
    keys: 'ascending',
    order: 'shuffled',
    indexes: 'before',
    firstSerial: 0,
    parents,
  }
  await beginJournal(database, reservationJournal, recipe, null, { leaseMs: quietLeaseMs })
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
  await removeJournal(database, reservationJournal)
}

/** Throws `no-slots` or `capacity-exceeded` unless so many more reservations fit. */
export async function requireFreePlaces(database: Database, rows: number): Promise<void> {
  requireFree(await findCapacities(database), rows)
}

interface SlotCapacity extends Capacity {
  readonly capacity: number
}

function requireFree(slots: readonly SlotCapacity[], rows: number): void {
  const free = slots.reduce((sum, slot) => sum + Math.max(0, slot.free), 0)
  if (rows <= free) return
  // With so many places in each slot there is room for all.
  const largest = slots.reduce((most, { capacity }) => Math.max(most, capacity), 0)
  throw failure('capacity-exceeded', { rows, free, capacity: largest + Math.ceil((rows - free) / slots.length) })
}

function createSlotPicker(slots: readonly SlotCapacity[], rows: number, random: Random): () => number {
  requireFree(slots, rows)
  const open = slots.filter((slot) => slot.free > 0).map((slot) => ({ ...slot }))
  return () => {
    const index = random.integer(0, open.length - 1)
    const slot = open[index] as { key: number; free: number }
    slot.free--
    if (slot.free === 0) open.splice(index, 1)
    return slot.key
  }
}

/** In order of time; without the columns that nobody asks for, which would be tens of MB. */
async function findCapacities(database: Database): Promise<SlotCapacity[]> {
  const slots: SlotCapacity[] = []
  for await (const { id, stock, max_available } of database.store.scan(schedules, ['id', 'stock', 'max_available']))
    slots.push({ key: id, free: stock, capacity: max_available })
  if (slots.length === 0) throw failure('no-slots', { url: database.url })
  return slots
}

/**
 * Forgets an unfinished seeding, or timed inserts that were cut off: keeps what is stored, makes what had to wait, and says
 * which of them it was. Throws `seeding-none`, and `seeding-held` while another process works on it.
 */
export async function abandonSeeding(database: Database, lease: LeaseOptions): Promise<'seeding' | 'timed inserts'> {
  if (await isJournalBroken(database, reservationJournal)) {
    await abandonBroken(database, lease)
    return 'seeding'
  }
  const { recipe } = await takeOverJournal(database, reservationJournal, [reservations], lease)
  await finishSeeding(database, reservationSeeding, recipe)
  return rowsOf(recipe) === 0 ? 'timed inserts' : 'seeding'
}

/** Without a word of what was to be stored: makes the indexes that are missing, and counts the stock of every slot anew. */
async function abandonBroken(database: Database, lease: LeaseOptions): Promise<void> {
  await takeOverIfThere(database, reservationJournal, lease)
  await database.awaitWriters(reservations)
  await database.createIndexes(reservations)
  let range = null as KeyRange | null
  for await (const { id } of database.store.scan(schedules, ['id'])) range = { from: range?.from ?? id, to: id }
  if (range) await database.recount(stockCounter, range)
  await removeJournal(database, reservationJournal)
}
