import type { Broker, Message } from '../../../ports/broker.ts'
import type { Condition, FindOptions, Store, Table, Where } from '../../../ports/database.ts'
import type { LeaseTable } from './lease.ts'

/** A row whose key ascends in the order in which rows are to be published: a UUID of version 7, say. */
export interface OutgoingRow {
  readonly id: string
}

/** A table of messages that a topic has yet to get. */
export interface Outbox<Row extends OutgoingRow> {
  readonly table: Table<Row>
  /** Where the relays agree on who is at work. */
  readonly leases: LeaseTable
  readonly topic: string
  /** Which rows have yet to be published; no condition on `id`. */
  readonly waiting: Where<Row>
  messageOf(row: Row): Message
  /** Sees to it that these rows wait no more: the broker has acknowledged them. */
  settle(store: Store, ids: readonly string[]): Promise<void>
}

/** An outbox, and what its messages go through. */
export interface OutboxContext<Row extends OutgoingRow> {
  readonly store: Store
  readonly outbox: Outbox<Row>
  /** Called again after a failure. */
  readonly openBroker: () => Promise<Broker>
  /** Called with the first failure in a row, and with what is left in the end. */
  readonly onError: (error: Error) => void
  /** Called with the number of messages that the broker has acknowledged. */
  readonly onPublished: (count: number) => void
}

/** Rows that are published together. */
export const batchSize = 500

/** Publishes these rows, in their order; the broker has acknowledged them when it resolves. */
export async function publishRows<Row extends OutgoingRow>(
  { outbox, openBroker, onPublished }: OutboxContext<Row>,
  rows: readonly Row[],
): Promise<void> {
  const broker = await openBroker()
  await broker.publish(
    outbox.topic,
    rows.map((row) => outbox.messageOf(row)),
  )
  onPublished(rows.length)
}

/** Publishes the next rows that wait, and settles them. Returns how many they were. */
export async function moveBatch<Row extends OutgoingRow>(context: OutboxContext<Row>): Promise<number> {
  const rows = await findWaiting(context, {}, { orderBy: ['id'], limit: batchSize })
  if (rows.length === 0) return 0
  await publishRows(context, rows)
  // Those alone, and not all up to the last: other processes store rows that go before it meanwhile.
  await context.outbox.settle(
    context.store,
    rows.map(({ id }) => id),
  )
  return rows.length
}

/** Rows that wait, and of those only the ones whose id is so. */
export function findWaiting<Row extends OutgoingRow>(
  { store, outbox: { table, waiting } }: Pick<OutboxContext<Row>, 'store' | 'outbox'>,
  id: { readonly id?: Condition<string> },
  options: FindOptions<OutgoingRow>,
): Promise<Row[]> {
  return store.find<Row>(table, { ...waiting, ...id }, options) as Promise<Row[]>
}
