import type { Database } from '../databases/port.ts'
import type { LedgerEntries, LedgerEntry } from '../load/scenario.ts'
import type { Violation, Watch } from '../workloads/workload.ts'
import { auditResources, createTally } from './audit-resources.ts'
import type { BookingTables } from './booking-tables.ts'
import { createClaims, partOf, type Claims } from './claims.ts'
import { createPace } from './pace.ts'
import { scanBookings, type StoredBooking } from './stored-bookings.ts'

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
  const tally = createTally()
  for (let part = 0; part < parts; part++) {
    const claims = createClaims(ledger.count / parts)
    const inPart = ({ key }: { readonly key: string }): boolean => partOf(key, parts) === part
    for await (const entry of ledger.read()) {
      if (inPart(entry)) claims.add(entry)
      if (pace.step()) await pace.rest()
    }
    const strays = new Map<string, StoredBooking[]>()
    for await (const row of scanBookings(database, tables.bookings)) {
      if (part === 0 && tables.resources) tally.add(row)
      if (inPart(row)) yield* judgeRow(row, claims, strays)
      if (pace.step()) await pace.rest()
    }
    if (claims.missing === 0 && claims.contradicted === 0 && strays.size === 0) continue
    for await (const entry of ledger.read()) {
      if (inPart(entry)) yield* judgeEntry(entry, claims, strays)
      if (pace.step()) await pace.rest()
    }
  }
  if (tables.resources) yield* auditResources(database, tables.bookings, tables.resources, tally.taken, pace)
}

function* judgeRow(row: StoredBooking, claims: Claims, strays: Map<string, StoredBooking[]>): Generator<Violation> {
  const match = claims.match(row)
  if (match === 'stray') addStray(strays, row)
  if (match === 'unacknowledged') {
    yield { kind: 'unknown-committed', key: row.key, detail: `stored ${asText(row)}, though it was not acknowledged` }
  }
  if (match === 'again') {
    yield { kind: 'duplicate', key: row.key, detail: `asked for once, and stored ${asText(row)} as well` }
  }
}

function addStray(strays: Map<string, StoredBooking[]>, row: StoredBooking): void {
  const others = strays.get(row.key)
  if (others) others.push(row)
  else strays.set(row.key, [row])
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
  const found = listed(others)
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
  return (id === undefined || String(id) === row.id) && String(resource) === row.resource
}

function asText({ id, resource }: Pick<LedgerEntry, 'id' | 'resource'>): string {
  return id === undefined ? `for ${resource}` : `as ${id} for ${resource}`
}

/** Rows that are named of those under one key. */
const namedRows = 5

function listed(rows: readonly StoredBooking[]): string {
  const more = rows.length > namedRows ? ` and ${rows.length - namedRows} more` : ''
  return `${rows.slice(0, namedRows).map(asText).join(', ')}${more}`
}
