import { auditLedger, maxIndexed, passesOf } from '../../audit/audit-ledger.ts'
import { createYielder, type Yielder, type Watch } from '../../base/progress.ts'
import type { StoredBooking } from '../../audit/booking-tables.ts'
import type { Store } from '../../ports/database.ts'
import type { AuditInput, Violation } from '../../ports/workload.ts'
import { lines, orders, products, rejected, linesOf, type LineRow } from './tables.ts'
import { createLedgerIndex, passOf, type LedgerIndex } from '../../audit/ledger-index.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'

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
  entriesAtATime: number = maxIndexed,
): AsyncGenerator<Violation> {
  const yielder = await createYielderFor(store, ledger.count, passesOf(ledger, entriesAtATime), watch)
  const told = new Set<string>()
  for await (const violation of auditLedger({ scan: () => scanReceipts(store) }, ledger, yielder, entriesAtATime)) {
    if (violation.kind === 'duplicate') told.add(violation.key)
    yield violation
  }
  for await (const violation of auditTwice(store, yielder, entriesAtATime))
    if (!told.has(violation.key)) yield violation
  yield* auditLines(store, yielder)
  yield* auditCatalogue(store, yielder, entriesAtATime)
}

/** Expects as many rows as are read where nothing is wrong. */
async function createYielderFor(store: Store, entries: number, passes: number, watch: Watch): Promise<Yielder> {
  const [orderCount, rejectedCount, lineCount, productCount] = [
    await store.count(orders),
    await store.count(rejected),
    await store.count(lines),
    await store.count(products),
  ]
  const ofLedger = (entries + orderCount + rejectedCount) * passes
  return createYielder(watch, ofLedger + rejectedCount + 2 * orderCount + 2 * lineCount + productCount)
}

/** Every receipt, as what it is stored as. */
async function* scanReceipts(store: Store): AsyncGenerator<StoredBooking> {
  for await (const { id, receipt } of store.scan(orders, ['id', 'receipt']))
    yield { id, key: receipt, resource: 'order' }
  for await (const { id } of store.scan(rejected, ['id'])) yield { id, key: id, resource: 'rejected' }
}

/** Finds receipts that are orders and rejected as well. */
async function* auditTwice(store: Store, yielder: Yielder, entriesAtATime: number): AsyncGenerator<Violation> {
  const count = await store.count(rejected)
  const passes = Math.ceil(count / entriesAtATime)
  for (let pass = 0; pass < passes; pass++) {
    const promised = createLedgerIndex(count / passes)
    for await (const { id } of store.scan(rejected, ['id'])) {
      if (passOf(id, passes) === pass) promised.add({ key: id, resource: 'rejected', outcome: 'failed' })
      if (yielder.step()) await yielder.yield()
    }
    for await (const { id, receipt } of store.scan(orders, ['id', 'receipt'])) {
      if (passOf(receipt, passes) === pass && promised.match({ key: receipt, id, resource: 'order' }) !== 'foreign') {
        yield* lookAtReceiptAgain(store, id, receipt)
      }
      if (yielder.step()) await yielder.yield()
    }
  }
}

/** Looks again, since the index holds fingerprints. */
async function* lookAtReceiptAgain(store: Store, order: string, receipt: string): AsyncGenerator<Violation> {
  const [row] = await store.find(rejected, { id: receipt }, { columns: ['id'] })
  if (row) yield { kind: 'duplicate', key: receipt, detail: `stored as order ${order}, and rejected as well` }
}

/** The lines under one order number. */
interface Group {
  readonly order: string
  readonly count: number
  /** Whether lines are numbered from 1 on, and each belongs to this order. */
  readonly regular: boolean
}

type Line = Pick<LineRow, 'id' | 'order_id' | 'position'>

/** Finds orders without all their lines, and lines without their order. Goes through both in the order of their keys. */
async function* auditLines(store: Store, yielder: Yielder): AsyncGenerator<Violation> {
  const groups = groupLines(store.scan(lines, ['id', 'order_id', 'position']), yielder)
  let group = await groups.next()
  for await (const { id, line_count: expected } of store.scan(orders, ['id', 'line_count'])) {
    for (; !group.done && group.value.order < id; group = await groups.next())
      yield* lookAtOrderAgain(store, group.value.order)
    if (group.done || group.value.order !== id) yield* lookAtOrderAgain(store, id)
    else {
      if (!group.value.regular || group.value.count !== expected) yield* lookAtOrderAgain(store, id)
      group = await groups.next()
    }
    if (yielder.step()) await yielder.yield()
  }
  for (; !group.done; group = await groups.next()) yield* lookAtOrderAgain(store, group.value.order)
}

async function* groupLines(rows: AsyncIterable<Line>, yielder: Yielder): AsyncGenerator<Group> {
  let group: Group | null = null
  for await (const line of rows) {
    const order: string = orderOf(line)
    if (group && group.order !== order) yield group
    const before: Group = group?.order === order ? group : { order, count: 0, regular: true }
    const count = before.count + 1
    group = { order, count, regular: before.regular && line.order_id === order && line.position === count }
    if (yielder.step()) await yielder.yield()
  }
  if (group) yield group
}

/** The order in whose place a line stands, whatever it says. */
function orderOf({ id }: Line): string {
  return id.slice(0, id.lastIndexOf('-'))
}

/** Both tables were not read at the same moment. */
async function* lookAtOrderAgain(store: Store, id: string): AsyncGenerator<Violation> {
  const [order] = await store.find(orders, { id }, { columns: ['line_count'] })
  const rows = await store.find(lines, linesOf(id), { columns: ['id', 'order_id', 'position'], orderBy: ['id'] })
  const key = `order ${id}`
  if (!order) {
    if (rows.length > 0)
      yield { kind: 'inconsistent', key, detail: `${rows.length} lines of an order that is not there` }
    return
  }
  const strays = rows.filter((line, index) => line.order_id !== id || line.position !== index + 1)
  if (rows.length === order.line_count && strays.length === 0) return
  const detail = strays.length > 0 ? `, of which ${strays.length} are another's or in another place` : ''
  yield { kind: 'inconsistent', key, detail: `${rows.length} lines instead of ${order.line_count}${detail}` }
}

/**
 * Finds products that stand on a line and not in the catalogue, and those in it that stand on none. The catalogue is
 * held as fingerprints, as many at a time as fit; each pass reads the lines once.
 */
async function* auditCatalogue(store: Store, yielder: Yielder, entriesAtATime: number): AsyncGenerator<Violation> {
  const count = await store.count(products)
  const passes = Math.max(1, Math.ceil(count / entriesAtATime))
  for (let pass = 0; pass < passes; pass++) {
    const promised = createLedgerIndex(count / passes)
    for await (const { id } of store.scan(products, ['id'])) {
      if (passOf(id, passes) === pass) promised.add(listed(id))
      if (yielder.step()) await yielder.yield()
    }
    for await (const { product_id: id } of store.scan(lines, ['product_id'])) {
      if (passOf(id, passes) === pass) yield* judgeLine(store, promised, id)
      if (yielder.step()) await yielder.yield()
    }
    if (promised.missing === 0) continue
    for await (const { id } of store.scan(products, ['id'])) {
      if (passOf(id, passes) === pass && !promised.isStored(listed(id))) yield* judgeUnseen(store, id)
      if (yielder.step()) await yielder.yield()
    }
  }
}

/** A product of the catalogue, as an entry that has to stand on a line. */
function listed(id: string): LedgerEntry {
  return { key: id, resource: 'line', outcome: 'booked' }
}

async function* judgeLine(store: Store, promised: LedgerIndex, id: string): AsyncGenerator<Violation> {
  if (promised.match({ key: id, id: '', resource: 'line' }) !== 'foreign') return
  // It is looked for once, on however many lines it stands.
  promised.add({ key: id, resource: 'line', outcome: 'failed' })
  const [row] = await store.find(products, { id })
  if (!row) yield { kind: 'inconsistent', key: `product ${id}`, detail: 'stands on a line, and not in the catalogue' }
}

/** Looks again: a product that was added to the catalogue after it was read has its line all the same. */
async function* judgeUnseen(store: Store, id: string): AsyncGenerator<Violation> {
  const [row] = await store.find(lines, { product_id: id }, { columns: ['id'], limit: 1 })
  if (!row) yield { kind: 'inconsistent', key: `product ${id}`, detail: 'stands in the catalogue, and on no line' }
}
