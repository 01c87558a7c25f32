import { randomUUID } from 'node:crypto'
import type { AnyTable, Change, Database, Table } from '../../../src/lib/ports/database.ts'

/** A database of its own for one test file. */
export interface Scratch {
  readonly url: string
  /** Makes a table with one row past rushbench, as another program would. */
  makeForeignTable(name: string): Promise<void>
  /** Drops what there is of these tables, past their marks. */
  dropTables(names: readonly string[]): Promise<void>
  remove(): Promise<void>
}

/** The part of a scratch database that is written in SQL. */
export function sqlScratch(execute: (sql: string) => Promise<void>): Pick<Scratch, 'makeForeignTable' | 'dropTables'> {
  return {
    async makeForeignTable(name) {
      await execute(`create table ${name} (x integer)`)
      await execute(`insert into ${name} values (42)`)
    },
    async dropTables(names) {
      for (const name of names) await execute(`drop table if exists ${name}`)
    },
  }
}

/** Fixtures of a part of the contract; both exist once its tests run. */
export interface Context {
  readonly database: Database
  readonly scratch: Scratch
}

/** A parent, with so many places. */
export interface Show {
  readonly id: number
  readonly capacity: number
  readonly free: number
  readonly title: string
}

/** A child: a place that is taken. */
export interface Seat {
  readonly id: string
  readonly holder: string
  readonly show_id: number
}

const integer = { type: 'integer' } as const

export const shows: Table<Show> = {
  name: 'shows',
  columns: { id: integer, capacity: integer, free: integer, title: { type: 'text', maxLength: 200 } },
  primaryKey: 'id',
  unique: [],
  indexes: [['free']],
  references: [],
}

export const seats: Table<Seat> = {
  name: 'seats',
  columns: { id: { type: 'ascii', length: 36 }, holder: { type: 'text', maxLength: 64 }, show_id: integer },
  primaryKey: 'id',
  unique: [['holder']],
  indexes: [['show_id']],
  references: [{ column: 'show_id', table: 'shows', key: 'id' }],
}

/** Parents before children. */
export const tables: readonly AnyTable[] = [shows, seats]
/** Workload that the tables are created for. */
export const workload = 'contract'

/** A show with all its places free. */
export function show(id: number, rest: Partial<Show> = {}): Show {
  return { id, capacity: 300, free: 300, title: `show ${id}`, ...rest }
}

/** A seat with an id and a holder of its own. */
export function seat(showId: number, rest: Partial<Seat> = {}): Seat {
  const id = randomUUID()
  return { id, holder: id.slice(0, 12), show_id: showId, ...rest }
}

/** Takes the seat if the show has one left. */
export function booking(row: Seat, showId = row.show_id): Change {
  return {
    guard: { table: shows, where: { id: showId, free: { gt: 0 } }, patch: { free: { add: -1 } } },
    insert: [{ table: seats, rows: [row] }],
  }
}

/** Reads to the end. */
export async function all<R extends object>(rows: AsyncIterable<R>): Promise<R[]> {
  const list: R[] = []
  for await (const row of rows) list.push(row)
  return list
}
