import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AnyTable, Database, Value } from '../databases/port.ts'
import { failure } from '../errors.ts'
import type { LedgerEntries, LedgerEntry } from '../load/scenario.ts'
import type { Violation, Watch } from '../workloads/workload.ts'
import type { BookingsTable, BookingTables, ResourcesTable } from './booking-tables.ts'
import { createClaims, partOf, type Claims, type StoredBooking } from './claims.ts'

/** Entries whose claims are held at a time: 110 MB. For more than these, the bookings are read again. */
const maxClaims = 4_000_000

/**
 * Holds the ledger and the invariants against the database:
 * - every acknowledged booking is in the table (else `lost`) and no other under its key (else `duplicate`);
 * - a booking that was not acknowledged (no answer, or an error) may be there all the same:
 *   `unknown-committed` says so, it is no fault, unless it is there twice;
 * - nothing has more bookings than places, and what is said to be free is (else `oversold`).
 *
 * Memory grows with the resources and with what is wrong, not with the bookings. Throws the signal's reason once it
 * aborts.
 */
export async function* auditBookings(
  database: Database,
  tables: BookingTables,
  ledger: LedgerEntries,
  watch: Watch,
  claimsAtATime: number = maxClaims,
): AsyncGenerator<Violation> {
  const parts = Math.max(1, Math.ceil(ledger.count / claimsAtATime))
  const rows = await database.store.count(tables.bookings.table)
  const pace = createPace(watch, (rows + ledger.count) * parts)
  const taken = tables.resources ? new Map<string, number>() : null
  for (let part = 0; part < parts; part++) {
    const claims = createClaims(ledger.count / parts)
    const inPart = ({ key }: { readonly key: string }): boolean => partOf(key, parts) === part
    for await (const entry of ledger.read()) {
      if (inPart(entry)) claims.add(entry)
      if (pace.step()) await pace.rest()
    }
    const strays = new Map<string, StoredBooking[]>()
    for await (const row of scanBookings(database, tables.bookings)) {
      if (part === 0 && row.resource !== '') taken?.set(row.resource, (taken.get(row.resource) ?? 0) + 1)
      if (inPart(row)) yield* judgeRow(row, claims, strays)
      if (pace.step()) await pace.rest()
    }
    if (claims.missing === 0 && strays.size === 0) continue
    for await (const entry of ledger.read()) if (inPart(entry)) yield* judgeEntry(entry, claims, strays)
  }
  if (tables.resources && taken) yield* auditResources(database, tables.bookings, tables.resources, taken, pace)
}

function* judgeRow(row: StoredBooking, claims: Claims, strays: Map<string, StoredBooking[]>): Generator<Violation> {
  const match = claims.match(row)
  if (match === 'stray') strays.set(row.key, [...(strays.get(row.key) ?? []), row])
  if (match === 'unacknowledged') {
    yield { kind: 'unknown-committed', key: row.key, detail: `stored ${asText(row)}, though it was not acknowledged` }
  }
  if (match === 'again') {
    yield { kind: 'duplicate', key: row.key, detail: `asked for once, and stored ${asText(row)} as well` }
  }
}

function* judgeEntry(
  entry: LedgerEntry,
  claims: Claims,
  strays: ReadonlyMap<string, readonly StoredBooking[]>,
): Generator<Violation> {
  if (entry.outcome !== 'booked') return
  const others = strays.get(entry.key) ?? []
  const isStored = claims.isStored(entry)
  const promise = `acknowledged ${asText(entry)}`
  const found = others.map(asText).join(', ')
  if (!isStored && !others.some((row) => isThatOf(entry, row))) {
    const detail = others.length === 0 ? `${promise}, not in the table` : `${promise}, stored ${found}`
    yield { kind: 'lost', key: entry.key, detail }
  }
  const times = others.length + (isStored ? 1 : 0)
  if (times > 1) {
    yield { kind: 'duplicate', key: entry.key, detail: `${promise}, ${times} times in the table: also ${found}` }
  }
}

function isThatOf({ id, resource }: LedgerEntry, row: StoredBooking): boolean {
  return (id === undefined || id === row.id) && String(resource) === row.resource
}

function asText({ id, resource }: Pick<LedgerEntry, 'id' | 'resource'>): string {
  return id === undefined ? `for ${resource}` : `as ${id} for ${resource}`
}

async function* scanBookings(database: Database, bookings: BookingsTable): AsyncGenerator<StoredBooking> {
  const { table, key, resource, status } = bookings
  const columns = [table.primaryKey, key, resource, ...(status ? [status.column] : [])]
  const { text } = createColumns(database, table)
  for await (const row of database.store.scan(table, columns)) {
    if (status && !status.booked.includes(text(row, status.column))) continue
    yield { id: text(row, table.primaryKey), key: text(row, key), resource: text(row, resource) }
  }
}

async function* auditResources(
  database: Database,
  { table: bookings }: BookingsTable,
  { table, capacity, available }: ResourcesTable,
  taken: Map<string, number>,
  pace: Pace,
): AsyncGenerator<Violation> {
  const { text, number } = createColumns(database, table)
  for await (const row of database.store.scan(table)) {
    const id = text(row, table.primaryKey)
    const count = taken.get(id) ?? 0
    taken.delete(id)
    const places = typeof capacity === 'number' ? capacity : number(row, capacity)
    const free = available === undefined ? places - count : number(row, available)
    if (count > places || free < 0 || free !== places - count) {
      const stock = available === undefined ? '' : `, ${available} says ${free}`
      yield {
        kind: 'oversold',
        key: `${table.name} ${id}`,
        detail: `${count} ${bookings.name} for ${places} places${stock}`,
      }
    }
    if (pace.step()) await pace.rest()
  }
  for (const [id, count] of taken) {
    const detail = `${count} ${bookings.name} for what is not in the table`
    yield { kind: 'oversold', key: `${table.name} ${id}`, detail }
  }
}

interface Pace {
  /** Counts a row; true when it is time for a rest. */
  step(): boolean
  /** Shows how far it has come and lets Ctrl-C through, also where the engine answers without leaving the process. */
  rest(): Promise<void>
}

/** Rows between two rests. */
const stepRows = 10_000

function createPace({ onProgress, signal }: Watch, total: number): Pace {
  let done = 0
  return {
    step: () => ++done % stepRows === 0,
    async rest() {
      onProgress({ done: Math.min(done, total), total })
      await nextTurn()
      signal.throwIfAborted()
    },
  }
}

type Row = Readonly<Record<string, Value | undefined>>

/** Reads the columns of a table that is perhaps somebody else's. */
function createColumns(database: Database, table: AnyTable) {
  const refuse = (column: string, reason: string): Error =>
    failure('mapping-wrong', { url: database.url, reason: `${table.name}.${column} ${reason}` })

  function valueOf(row: Row, column: string): Value {
    const value = row[column]
    if (value === undefined) throw refuse(column, 'is not there')
    return value
  }

  return {
    /** Compared as text, since a ledger has the API's JSON and the database its own types; empty for null. */
    text(row: Row, column: string): string {
      const value = valueOf(row, column)
      if (typeof value === 'string') return value
      // The driver has rounded it, so that it is no longer the number that the API said.
      if (Math.abs(Number(value)) > Number.MAX_SAFE_INTEGER) throw refuse(column, 'has numbers past 2^53')
      if (Buffer.isBuffer(value)) throw refuse(column, 'has bytes, neither texts nor whole numbers')
      return value === null ? '' : String(value)
    },
    number(row: Row, column: string): number {
      const value = valueOf(row, column)
      const number = Number(value)
      if (value === null || Number.isNaN(number)) throw refuse(column, `has ${value}, which is no number`)
      return number
    },
  }
}
