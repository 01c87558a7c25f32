import { auditLedger, maxClaims, partsOf } from '../../audit/audit-ledger.ts'
import { createPace, type Pace } from '../../audit/pace.ts'
import type { StoredBooking } from '../../audit/stored-bookings.ts'
import type { Store } from '../../ports/database.ts'
import type { AuditInput, Violation } from '../../ports/workload.ts'
import { auditCatalogue } from './audit-catalogue.ts'
import { auditLines } from './audit-lines.ts'
import { auditTwice } from './audit-twice.ts'
import { lines, orders, products, rejected } from './tables.ts'
import type { Watch } from '../../base/progress.ts'

/**
 * Holds the ledger and the invariants against the database:
 * - every acknowledged receipt is there exactly once, as what it was acknowledged as (else `lost` or `duplicate`), and
 *   none is both an order and rejected (`duplicate`);
 * - each order has its lines, and each line its order (else `inconsistent`);
 * - the catalogue is exactly the products on the lines (else `inconsistent`).
 *
 * Memory grows with what is wrong, not with what is stored. Where an API stores receipts meanwhile, what looks wrong is
 * looked at again before it is said. Throws the signal's reason once it aborts.
 */
export async function* auditTickets(
  { database: { store }, ledger }: Pick<AuditInput, 'database' | 'ledger'>,
  watch: Watch,
  claimsAtATime: number = maxClaims,
): AsyncGenerator<Violation> {
  const pace = await createPaceFor(store, ledger.count, partsOf(ledger, claimsAtATime), watch)
  yield* auditLedger({ scan: () => scanReceipts(store) }, ledger, pace, claimsAtATime)
  yield* auditTwice(store, pace, claimsAtATime)
  yield* auditLines(store, pace)
  yield* auditCatalogue(store, pace, claimsAtATime)
}

/** As many rows as are read where nothing is wrong. */
async function createPaceFor(store: Store, entries: number, parts: number, watch: Watch): Promise<Pace> {
  const [orderCount, rejectedCount, lineCount, productCount] = [
    await store.count(orders),
    await store.count(rejected),
    await store.count(lines),
    await store.count(products),
  ]
  const ofLedger = (entries + orderCount + rejectedCount) * parts
  return createPace(watch, ofLedger + rejectedCount + 2 * orderCount + 2 * lineCount + productCount)
}

/** Every receipt, as what it is stored as. */
async function* scanReceipts(store: Store): AsyncGenerator<StoredBooking> {
  for await (const { id, receipt } of store.scan(orders, ['id', 'receipt']))
    yield { id, key: receipt, resource: 'order' }
  for await (const { id } of store.scan(rejected, ['id'])) yield { id, key: id, resource: 'rejected' }
}
