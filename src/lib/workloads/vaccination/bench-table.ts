import { ignoreFailure } from '../../base/abort.ts'
import type { Database, Inserter } from '../../ports/database.ts'
import type { BenchSession, BenchTable } from '../../insert-bench/table.ts'
import type { SeedRecipe } from '../../seeding/recipe.ts'
import {
  createReservationSource,
  deferStock,
  planReservations,
  requireFreePlaces,
  settleStock,
  type Choices,
  type ReservationSource,
} from './seeding.ts'
import { reservations, type Reservation } from './tables.ts'

/** The figures of the original, to be printed beside ours. */
export const originalInsertBench =
  'the original, the API that this table is modelled on, as its authors measured it on a machine of their own: 100 inserts at 6,000,000 rows took 8.9 ms each. Hold only a table of as many rows against it.'

/** The database and the rows of a benchmark of reservations. */
export interface BenchTableParts {
  /** With a connection more than inserts are to be under way at once. */
  readonly database: Database
  /** How the rows are made that the table is seeded up to a size with. */
  readonly choices: Choices
  /** Stores the recipe's rows, which make `rows` of them in all. */
  seedRows(recipe: SeedRecipe, rows: number): Promise<unknown>
}

/** The reservations as a table to benchmark. Its methods throw `no-slots` or `capacity-exceeded`. */
export function createBenchTable({ database, choices, seedRows }: BenchTableParts): BenchTable {
  const count = (): Promise<number> => database.store.count(reservations)
  return {
    count,
    counters: () => database.counters(),
    requireRoom: (rows) => requireFreePlaces(database, rows),
    async seedTo(rows) {
      const missing = rows - (await count())
      if (missing > 0) await seedRows(await planReservations(database, { rows: missing }, choices), rows)
    },
    async open(inserts, connections) {
      const source = await createReservationSource(database, inserts, choices.seed)
      await deferStock(database, source.slots, choices.seed)
      return openSession(database, source, connections)
    },
  }
}

/** An insert that was drawn on a connection. */
interface Drawn {
  readonly slot: number
  /** The insert that was sent; null until it is. */
  sent: Promise<void> | null
}

async function openSession(database: Database, source: ReservationSource, connections: number): Promise<BenchSession> {
  const inserters: Inserter<Reservation>[] = []
  const last: Drawn[] = []
  const places = new Map<number, number>()
  const unknown = new Set<number>()
  const store = (slot: number): void => void places.set(slot, (places.get(slot) ?? 0) + 1)
  const close = async (): Promise<void> => {
    for (const { slot, sent } of last.filter((drawn) => drawn !== undefined)) {
      await sent?.then(
        () => store(slot),
        () => unknown.add(slot),
      )
    }
    // A connection that is gone cannot be closed, and the stock is to be settled all the same.
    for (const inserter of inserters) await ignoreFailure(inserter.close())
    await settleStock(database, places, unknown)
  }
  try {
    while (inserters.length < connections) inserters.push(await database.openInserter(reservations))
  } catch (error) {
    await ignoreFailure(close())
    throw error
  }
  return {
    draw(keys, connection) {
      // A connection gets another insert only once its last one is stored. It counts here, which is in nobody's time.
      const before = last[connection]
      if (before?.sent) store(before.slot)
      const row = source.next(keys)
      const inserter = inserters[connection] as Inserter<Reservation>
      const drawn: Drawn = { slot: row.schedule_id, sent: null }
      last[connection] = drawn
      return () => (drawn.sent = inserter.insert(row))
    },
    controlStatement: inserters[0]?.controlStatement ?? '',
    control: (connection) => (inserters[connection] as Inserter<Reservation>).control(),
    close,
  }
}
