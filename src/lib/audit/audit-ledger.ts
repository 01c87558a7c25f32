import type { LedgerEntries, LedgerEntry } from '../ports/scenario.ts'
import type { Violation } from '../ports/workload.ts'
import { createLedgerIndex, passOf, type LedgerIndex } from './ledger-index.ts'
import type { StoredBooking } from './booking-tables.ts'
import type { Yielder } from '../base/progress.ts'

/** Gives a row, or an entry of a ledger, the texts that its columns compare by. */
export type CanonicalBooking = <B extends Pick<LedgerEntry, 'key' | 'resource' | 'id'>>(named: B) => B

/** The stored bookings, which can be read as often as needed without holding them in memory. */
export interface StoredBookings {
  scan(): AsyncIterable<StoredBooking>
  /** Null, or left out, where what is equal is written alike. */
  readonly canonical?: CanonicalBooking | null
  /** The rows are somebody else's: one that was stored before the run may have the key of an attempt that is in the ledger. */
  readonly mayBeOlder?: boolean
  /** Those that the database takes to have one of these keys, where `canonical` does not know all that it takes for equal. */
  readonly find?: (keys: readonly string[]) => Promise<readonly StoredBooking[]>
  /** Told of every booking once. */
  readonly onBooking?: (booking: StoredBooking) => void
}

/** Entries that are indexed at a time, in 110 MB. For more than these, what is stored is read again. */
export const maxIndexed = 4_000_000

/** Returns how often all is read. */
export function passesOf(ledger: LedgerEntries, entriesAtATime: number): number {
  return Math.max(1, Math.ceil(ledger.count / entriesAtATime))
}

/**
 * Checks the ledger against what is stored:
 * - every acknowledged booking is there (else `lost`) and no other under its key (else `duplicate`);
 * - a booking that was not acknowledged (no answer, or an error) may be there all the same:
 *   `unknown-committed` says so, it is no fault, unless it is there twice;
 * - a booking that the API refused is not there (else `refused-committed`).
 *
 * Memory grows with what is wrong, not with the bookings.
 */
export async function* auditLedger(
  stored: StoredBookings,
  ledger: LedgerEntries,
  yielder: Yielder,
  entriesAtATime: number = maxIndexed,
): AsyncGenerator<Violation> {
  const passes = passesOf(ledger, entriesAtATime)
  const canonical: CanonicalBooking = stored.canonical ?? ((named) => named)
  for (let pass = 0; pass < passes; pass++) {
    const index = createLedgerIndex(ledger.count / passes)
    const inPass = ({ key }: { readonly key: string }): boolean => passOf(key, passes) === pass
    for await (const entry of ledger.read()) {
      const compared = canonical(entry)
      if (inPass(compared)) index.add(compared)
      if (yielder.step()) await yielder.yield()
    }
    const strays: Strays = new Map()
    for await (const row of stored.scan()) {
      if (pass === 0) stored.onBooking?.(row)
      const compared = canonical(row)
      if (inPass(compared)) yield* judgeRow(row, compared, index, { strays, stored })
      if (yielder.step()) await yielder.yield()
    }
    if (index.missing === 0 && index.contradicted === 0 && strays.size === 0) continue
    let asked: Missing[] = []
    for await (const entry of ledger.read()) {
      const compared = canonical(entry)
      if (inPass(compared)) {
        const found = judgeEntry(entry, compared, index, strays)
        yield* stored.find ? setAside(found, compared, asked) : found
      }
      if (asked.length >= askedAtOnce) {
        yield* stillLost(asked, stored)
        asked = []
      }
      if (yielder.step()) await yielder.yield()
    }
    if (asked.length > 0) yield* stillLost(asked, stored)
  }
}

/** Rows under the keys of others, by what the keys are compared by. */
type Strays = Map<string, Stray[]>

interface Stray {
  readonly row: StoredBooking
  readonly compared: StoredBooking
}

/** A booking that seems to be lost. */
interface Missing {
  readonly violation: Violation
  readonly compared: LedgerEntry
}

/** Bookings that seem to be lost which the database is asked for at once. */
const askedAtOnce = 500

/** Keeps what seems to be lost until the database is asked for it. */
function* setAside(found: Iterable<Violation>, compared: LedgerEntry, asked: Missing[]): Generator<Violation> {
  for (const violation of found) {
    if (violation.kind === 'lost') asked.push({ violation, compared })
    else yield violation
  }
}

/** Yields those that the database does not find by its own comparison either; a batch in which it finds some is halved. */
async function* stillLost(missing: readonly Missing[], stored: StoredBookings): AsyncGenerator<Violation> {
  const rows = (await stored.find?.(missing.map(({ violation }) => violation.key))) ?? []
  const [first] = missing
  if (rows.length === 0) yield* missing.map(({ violation }) => violation)
  else if (first && missing.length === 1) {
    const isThere = rows.some((row) => isThatOf(first.compared, stored.canonical?.(row) ?? row))
    if (!isThere) yield first.violation
  } else {
    const half = Math.ceil(missing.length / 2)
    yield* stillLost(missing.slice(0, half), stored)
    yield* stillLost(missing.slice(half), stored)
  }
}

/** Checks `compared` against the ledger, and shows the row itself. */
function* judgeRow(
  row: StoredBooking,
  compared: StoredBooking,
  index: LedgerIndex,
  { strays, stored: { mayBeOlder } }: { readonly strays: Strays; readonly stored: StoredBookings },
): Generator<Violation> {
  const match = index.match(compared)
  // A column that pads gives back the key with spaces.
  const key = row.key.trimEnd()
  if (match === 'stray') addStray(strays, { row, compared })
  if (match === 'unacknowledged') {
    yield { kind: 'unknown-committed', key, detail: `stored ${asText(row)}, though it was not acknowledged` }
  }
  if (match === 'refused') {
    const older = mayBeOlder === true ? ', unless it was there before the run' : ''
    yield { kind: 'refused-committed', key, detail: `stored ${asText(row)}, though the API refused it${older}` }
  }
  if (match === 'again') {
    yield { kind: 'duplicate', key, detail: `asked for once, and stored ${asText(row)} as well` }
  }
}

function addStray(strays: Strays, stray: Stray): void {
  const others = strays.get(stray.compared.key)
  if (others) others.push(stray)
  else strays.set(stray.compared.key, [stray])
}

function* judgeEntry(
  entry: LedgerEntry,
  compared: LedgerEntry,
  index: LedgerIndex,
  strays: Strays,
): Generator<Violation> {
  if (entry.outcome !== 'booked') return
  const others = strays.get(compared.key) ?? []
  const isStored = index.isStored(compared)
  const promise = `acknowledged ${asText(entry)}`
  const found = listed(others.map(({ row }) => row))
  if (!isStored && !others.some((other) => isThatOf(compared, other.compared))) {
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
