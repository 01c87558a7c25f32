import type { Database } from '../../../src/lib/ports/database.ts'
import { seat, seats, type Seat } from './tables.ts'

/** Inserts so many seats of the first show, one by one, as the benchmark does. */
export async function insertSeats(database: Database, inserts: number, parts: Partial<Seat> = {}): Promise<void> {
  const inserter = await database.openInserter(seats)
  try {
    for (let i = 0; i < inserts; i++) await inserter.insert({ ...seat(1), ...parts })
  } finally {
    await inserter.close()
  }
}

/** Counters of the server so far, by name. */
export async function countersOf(database: Database): Promise<Map<string, number>> {
  return new Map((await database.counters()).map(({ name, value }) => [name, value]))
}

/** Growth of each counter. */
export function growthOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  return Object.fromEntries([...after].map(([name, value]) => [name, value - (before.get(name) ?? NaN)]))
}
