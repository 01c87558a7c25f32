import type { Database, Inserter } from '../../databases/port.ts'
import type { BenchTable } from '../../insert-bench/table.ts'
import type { SeedRecipe } from '../../seeding/recipe.ts'
import { createReservationSource, planReservations, type Choices } from './seeding.ts'
import { reservations, type Reservation } from './tables.ts'

/** What the original measured, to be printed beside our figures. */
export const originalInsertBench =
  'the original, the API that this table is modelled on, as its authors measured it on a machine of their own: 100 inserts at 6,000,000 rows took 8.9 ms each. Hold only a table of as many rows against it.'

/** What a benchmark of reservations needs. */
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
    async seedTo(rows) {
      const missing = rows - (await count())
      if (missing > 0) await seedRows(await planReservations(database, { rows: missing }, choices), rows)
    },
    async open(inserts, connections) {
      const source = await createReservationSource(database, inserts, choices.seed)
      const inserters: Inserter<Reservation>[] = []
      const close = async (): Promise<void> => {
        for (const inserter of inserters) await inserter.close()
        await source.settle()
      }
      try {
        while (inserters.length < connections) inserters.push(await database.openInserter(reservations))
      } catch (error) {
        await close()
        throw error
      }
      return {
        draw(keys, connection) {
          const row = source.next(keys)
          const inserter = inserters[connection] as Inserter<Reservation>
          return () => inserter.insert(row)
        },
        close,
      }
    },
  }
}
