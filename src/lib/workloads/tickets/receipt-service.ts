import { createHash } from 'node:crypto'
import type { Change, Store } from '../../ports/database.ts'
import { RushbenchError } from '../../base/errors/errors.ts'
import { createGroupCommit } from '../shared/group-commit.ts'
import { type ReceiptOrder, parseReceipt, type Parsed } from './receipt.ts'
import { lineId, lines, orders, products, rejected, type ProductRow } from './tables.ts'
import { createQuota, type Quota } from '../shared/quota.ts'

/**
 * Broken receipts that a caller may have kept at once, and a second from then on, since they are kept whole for ever; each
 * good one permits another.
 */
const brokenLimits = { atOnce: 1000, perSecond: 1 }

interface Receipt {
  readonly id: string
  readonly bytes: Buffer
  readonly parsed: Parsed
  readonly receivedAt: number
  /** The sender, against whose quota it counts where it cannot be read. */
  readonly caller: string
}

/**
 * The result of taking a receipt. `again`: it had been stored before, and nothing was added. `refused`: it cannot be read, and its
 * caller may have another one kept only after so many seconds.
 */
export type Stored =
  | { readonly kind: 'order'; readonly receipt: string; readonly orderId: string; readonly again: boolean }
  | {
      readonly kind: 'rejected'
      readonly receipt: string
      readonly reason: string
      readonly line: number
      readonly again: boolean
    }
  | { readonly kind: 'refused'; readonly receipt: string; readonly seconds: number; readonly again: false }

export interface ReceiptService {
  /** Resolves once the receipt is durable, as an order or as it is, or is refused. */
  take(bytes: Buffer, caller: string): Promise<Stored>
}

/** Most receipts in one commit: even the largest that are kept whole make less than 12 MB, which every server takes at once. */
const maxBatch = 128

/** SHA-256 of a receipt, in hexadecimal: what makes it the same receipt. */
export function receiptId(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Stores receipts that come in together in one commit. `onCommit` is told how many they were. */
export function createReceiptService(store: Store, onCommit: (receipts: number) => void): ReceiptService {
  const quota = createQuota(brokenLimits)
  const commit = createGroupCommit(async (batch: readonly Receipt[]) => {
    const stored = await storeAll(store, batch, quota)
    for (const [index, one] of stored.entries()) {
      if (one.kind === 'refused' || one.again) continue
      const count = one.kind === 'order' ? quota.giveBack : quota.count
      count(batch[index]!.caller)
    }
    onCommit(batch.length)
    return stored
  }, maxBatch)
  return {
    take: (bytes, caller) =>
      commit({ id: receiptId(bytes), bytes, parsed: parseReceipt(bytes), receivedAt: Date.now(), caller }),
  }
}

/** Changes that store a batch, and the result of each receipt then. */
interface Plan {
  readonly changes: readonly Change[]
  readonly rows: number
  readonly stored: readonly Stored[]
}

/**
 * Stores what is not there yet, in one commit. When somebody else (another process) stores one of the same orders,
 * products or receipts at the same moment, it looks again and stores what is left.
 */
async function storeAll(store: Store, batch: readonly Receipt[], quota: Quota): Promise<readonly Stored[]> {
  let plan = await makePlan(store, batch, quota)
  for (;;) {
    try {
      await store.apply(plan.changes)
      return plan.stored
    } catch (error) {
      // With a sentence of its own it is no row that is there already.
      if (error instanceof RushbenchError) throw error
      const next = await makePlan(store, batch, quota)
      // Whatever others store, less is left to do: so this ends.
      if (next.rows >= plan.rows) throw error
      plan = next
    }
  }
}

async function makePlan(store: Store, batch: readonly Receipt[], quota: Quota): Promise<Plan> {
  const read = batch.flatMap(({ parsed }) => (parsed.kind === 'order' ? [parsed.order] : []))
  const productIds = new Set(read.flatMap((order) => order.lines.map(({ productId }) => productId)))
  const [knownOrders, knownRejected, knownProducts] = await Promise.all([
    findAll(
      read.map(({ id }) => id),
      (ids) => store.find(orders, { id: { in: ids } }, { columns: ['id', 'receipt'] }),
    ),
    findAll(
      batch.map(({ id }) => id),
      (ids) => store.find(rejected, { id: { in: ids } }, { columns: ['id', 'reason', 'line'] }),
    ),
    findAll([...productIds], (ids) => store.find(products, { id: { in: ids } })),
  ])
  const holders = new Map(knownOrders.map(({ id, receipt }) => [id, receipt]))
  const errors = new Map(knownRejected.map(({ id, reason, line }) => [id, { reason, line }]))
  const catalogue = createCatalogue(knownProducts)
  const changes: Change[] = []
  /** Broken receipts of each caller in this plan. */
  const broken = new Map<string, number>()

  function judge(receipt: Receipt): Stored {
    const { id, parsed, caller } = receipt
    const known = errors.get(id)
    if (known) return { kind: 'rejected', receipt: id, ...known, again: true }
    if (parsed.kind === 'order') {
      const { order } = parsed
      const holder = holders.get(order.id)
      if (holder === undefined) {
        holders.set(order.id, id)
        changes.push(orderChange(receipt, order, catalogue.addNew(order)))
      }
      if (holder === undefined || holder === id) {
        return { kind: 'order', receipt: id, orderId: order.id, again: holder === id }
      }
    }
    const error = parsed.kind === 'error' ? parsed.error : ({ reason: 'order-taken', line: 1 } as const)
    const ahead = broken.get(caller) ?? 0
    const seconds = quota.wait(caller, ahead)
    if (seconds > 0) return { kind: 'refused', receipt: id, seconds, again: false }
    broken.set(caller, ahead + 1)
    errors.set(id, error)
    changes.push(rejectedChange(receipt, error))
    return { kind: 'rejected', receipt: id, ...error, again: false }
  }

  const stored = batch.map(judge)
  changes.push(...catalogue.updates())
  return { changes, rows: changes.reduce((sum, { insert }) => sum + rowsOf(insert), 0), stored }
}

/** Keys in one question: no engine takes as many as a batch of the longest receipts has products. */
const keysAtOnce = 10_000

/** Rows of any number of keys; asks for none where there are none. */
async function findAll<Row>(ids: readonly string[], find: (ids: readonly string[]) => Promise<Row[]>): Promise<Row[]> {
  const found: Row[] = []
  for (let at = 0; at < ids.length; at += keysAtOnce) found.push(...(await find(ids.slice(at, at + keysAtOnce))))
  return found
}

function rowsOf(insert: Change['insert']): number {
  return insert.reduce((sum, { rows }) => sum + rows.length, 0)
}

/** The products that a batch is about, as they are stored and as its receipts have them. */
interface Catalogue {
  /** Takes the names and prices of an order, which are newer than those before; returns the products that are new. */
  addNew(order: ReceiptOrder): ProductRow[]
  /** Changes that bring the products that are there to their newest names and prices. */
  updates(): Change[]
}

function createCatalogue(known: readonly ProductRow[]): Catalogue {
  const stored = new Map(known.map((product) => [product.id, product]))
  const newest = new Map<string, ProductRow>()
  return {
    addNew({ lines: given }) {
      const added: ProductRow[] = []
      for (const { product: name, productId: id, priceCents: price_cents } of given) {
        const row = { id, name, price_cents }
        newest.set(id, row)
        if (stored.has(id)) continue
        stored.set(id, row)
        added.push(row)
      }
      return added
    },
    updates() {
      const changed = [...newest.values()].filter((row) => {
        const before = stored.get(row.id)
        return before?.name !== row.name || before.price_cents !== row.price_cents
      })
      // In one order, so that two processes do not wait for each other.
      return changed
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .map(({ id, ...patch }) => ({ guard: { table: products, where: { id }, patch }, insert: [] }))
    },
  }
}

function orderChange({ id: receipt, receivedAt }: Receipt, order: ReceiptOrder, added: readonly ProductRow[]): Change {
  const orderRow = {
    id: order.id,
    receipt,
    vat_cents: order.vatCents,
    total_cents: order.totalCents,
    line_count: order.lines.length,
    received_at: receivedAt,
  }
  const lineRows = order.lines.map(({ product, productId, priceCents }, index) => ({
    id: lineId(order.id, index + 1),
    order_id: order.id,
    position: index + 1,
    product,
    product_id: productId,
    price_cents: priceCents,
  }))
  const insert = [
    { table: orders, rows: [orderRow] },
    { table: lines, rows: lineRows },
  ]
  return { guard: null, insert: added.length > 0 ? [...insert, { table: products, rows: added }] : insert }
}

function rejectedChange({ id, bytes, receivedAt }: Receipt, error: { reason: string; line: number }): Change {
  const row = { id, ...error, received_at: receivedAt, bytes: bytes.toString('base64') }
  return { guard: null, insert: [{ table: rejected, rows: [row] }] }
}
