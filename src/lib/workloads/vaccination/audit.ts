import type { Database } from '../../databases/port.ts'
import type { Ledger } from '../../load/scenario.ts'
import type { Violation } from '../workload.ts'
import { reservations, schedules } from './tables.ts'

interface Claim {
  readonly id: string | null
  /** Rows in the table under this ticket. */
  found: number
  idFound: boolean
}

/**
 * Holds the ledger and the invariants against the database:
 * - every acknowledged booking is in the table once (else `lost` or `duplicate`);
 * - a booking that was not acknowledged (no answer, or an error) may be there all the same:
 *   `unknown-committed` says so, it is no fault;
 * - no slot has more reservations than places, and stock = places - reservations (else `oversold`).
 */
export async function* auditBookings(database: Database, ledger: Ledger): AsyncGenerator<Violation> {
  const booked = new Map<string, Claim>()
  const unanswered = new Set<string>()
  for (const entry of ledger.entries()) {
    if (entry.outcome === 'booked') booked.set(entry.key, { id: entry.id ?? null, found: 0, idFound: false })
    if (entry.outcome === 'unknown' || entry.outcome === 'failed') unanswered.add(entry.key)
  }
  for await (const row of database.store.scan(reservations)) {
    const claim = booked.get(row.ticket_id)
    if (claim) {
      claim.found++
      claim.idFound ||= claim.id === row.id
    } else if (unanswered.has(row.ticket_id)) {
      yield {
        kind: 'unknown-committed',
        key: row.ticket_id,
        detail: `stored as ${row.id}, though it was not acknowledged`,
      }
    }
  }
  for (const [ticket, claim] of booked) yield* judgeClaim(ticket, claim)
  yield* auditStock(database)
}

function* judgeClaim(ticket: string, claim: Claim): Generator<Violation> {
  if (claim.found === 0) {
    yield { kind: 'lost', key: ticket, detail: `acknowledged as ${claim.id}, not in the table` }
  } else if (claim.id !== null && !claim.idFound) {
    yield { kind: 'lost', key: ticket, detail: `acknowledged as ${claim.id}, stored under another id` }
  }
  if (claim.found > 1) {
    yield { kind: 'duplicate', key: ticket, detail: `${claim.found} times in the table` }
  }
}

async function* auditStock(database: Database): AsyncGenerator<Violation> {
  const taken = await database.store.countBy(reservations, 'schedule_id')
  for await (const slot of database.store.scan(schedules)) {
    const count = taken.get(slot.id) ?? 0
    if (count > slot.max_available || slot.stock < 0 || slot.stock !== slot.max_available - count) {
      const detail = `${count} reservations for ${slot.max_available} places, stock says ${slot.stock}`
      yield { kind: 'oversold', key: `slot ${slot.id}`, detail }
    }
  }
}
